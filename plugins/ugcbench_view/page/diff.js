// Which words of an answer are the reference's, and which aren't?
"use strict";

const Diff = (() => {
  const LIMIT = 4e6; // cells of the table; beyond it words are compared without their order
  const CLOSE = 0.5; // the share of words in common from which a text reads as another's variant
  const segmenter = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;
  // Words that say nothing when two texts of this kind share them.
  const COMMON = new Set(("a an and are as at be been but by can clip could for from had has have he her his i in into is "
    + "it its no not of on or our she so that the their them then there these they this to video was we were what which "
    + "while who will with would you your").split(" "));

  // Pieces of a text: words with what they are compared by, and what lies between (without).
  function cut(text) {
    if (segmenter) {
      return [...segmenter.segment(text)].map(({ segment, isWordLike }) => (
        { text: segment, word: isWordLike ? fold(segment) : null }));
    }
    return text.split(/([^\p{L}\p{N}'’]+)/u).filter(Boolean).map((piece) => (
      { text: piece, word: /[\p{L}\p{N}]/u.test(piece) ? fold(piece) : null }));
  }

  const fold = (word) => word.normalize("NFKC").toLowerCase();

  // The longest common subsequence, as pairs of places.
  function align(one, other) {
    const width = other.length + 1;
    const table = new Uint16Array((one.length + 1) * width);
    for (let i = one.length - 1; i >= 0; i -= 1) {
      for (let j = other.length - 1; j >= 0; j -= 1) {
        table[i * width + j] = one[i] === other[j]
          ? table[(i + 1) * width + j + 1] + 1
          : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      }
    }
    const pairs = [];
    for (let i = 0, j = 0; i < one.length && j < other.length;) {
      if (one[i] === other[j]) pairs.push([i++, j++]);
      else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i += 1;
      else j += 1;
    }
    return pairs;
  }

  // How an answer differs from a reference: { kind, pieces }, where pieces are { text, how }.
  // kind "same": no words differ. "variant": pieces in order, of which some are `added` or `left`
  // out. "apart": the answer's own text, of which some words are `shared` with the reference.
  function compare(reference, answer) {
    const gold = cut(reference);
    const said = cut(answer);
    const goldWords = gold.filter((piece) => piece.word !== null);
    const saidWords = said.filter((piece) => piece.word !== null);
    if (goldWords.length * saidWords.length <= LIMIT) {
      const pairs = align(goldWords.map((piece) => piece.word), saidWords.map((piece) => piece.word));
      const longest = Math.max(goldWords.length, saidWords.length);
      if (pairs.length === longest) return { kind: "same", pieces: [{ text: answer, how: null }] };
      if (pairs.length >= CLOSE * longest || longest <= 4) {
        return { kind: "variant", pieces: weave(said, goldWords, pairs) };
      }
    }
    const known = new Set(goldWords.map((piece) => piece.word));
    return { kind: "apart", pieces: join(said.map((piece, place) => (
      { text: piece.text, how: shares(piece, known) && !isLabel(said, place) ? "shared" : null }))) };
  }

  const shares = ({ word }, known) => word !== null && known.has(word) && !COMMON.has(word);

  // What stands before a colon names what comes, as in "count: 2" or {"count": 2}.
  const isLabel = (pieces, place) => /^["']?\s*:/.test(pieces.slice(place + 1, place + 3).map(({ text }) => text).join(""));

  // The answer's pieces, with the reference's missing words before what stands in their place.
  function weave(said, goldWords, pairs) {
    const partner = new Map(pairs.map(([gold, word]) => [word, gold]));
    const following = nextPartners(partner, said.filter((piece) => piece.word !== null).length, goldWords.length);
    const woven = [];
    let next = 0;
    let word = 0;
    const leave = (until) => {
      const words = goldWords.slice(next, until).map((piece) => piece.text);
      if (words.length) woven.push({ text: words.join(" "), how: "left" }, { text: " ", how: null });
      next = until;
    };
    for (const piece of said) {
      if (piece.word === null) {
        woven.push({ text: piece.text, how: null });
        continue;
      }
      leave(following[word]);
      const isShared = partner.has(word);
      woven.push({ text: piece.text, how: isShared ? null : "added" });
      if (isShared) next = following[word] + 1;
      word += 1;
    }
    if (next < goldWords.length) woven.push({ text: " ", how: null });
    leave(goldWords.length);
    return join(woven);
  }

  // For each of an answer's words the place of the first word of the reference that it, or one after
  // it, is paired with; `end` where none is.
  function nextPartners(partner, words, end) {
    const found = new Array(words);
    for (let word = words - 1, next = end; word >= 0; word -= 1) {
      next = partner.get(word) ?? next;
      found[word] = next;
    }
    return found;
  }

  // Neighbours of one kind become one piece; a space between two marked words is marked with them.
  function join(pieces) {
    const joined = [];
    pieces.forEach((piece, place) => {
      const last = joined.at(-1);
      const following = pieces[place + 1];
      const how = last?.how && piece.how === null && /^\s+$/.test(piece.text) && following?.how === last.how && last.how !== "left"
        ? last.how : piece.how;
      if (last && last.how === how) last.text += piece.text;
      else joined.push({ text: piece.text, how });
    });
    return joined;
  }

  return { compare };
})();
