// What a run has to one sample: a card with its answer, score, verdict and receipt.
"use strict";

const Answers = (() => {
  const { make, fold, facts } = Elements;
  const MARKS = { added: "ins", left: "del", shared: "mark" };
  // What the marks of each kind of comparison mean, of those that there are.
  const LEGENDS = {
    same: () => ["word for word the reference"],
    variant: (pieces) => [
      pieces.some(({ how }) => how === "added") ? make("ins", null, "not in the reference") : null,
      pieces.some(({ how }) => how === "left") ? make("del", null, "only in the reference") : null,
    ],
    apart: (pieces) => [pieces.some((piece) => piece.how)
      ? make("mark", null, "also in the reference") : "no telling word in common with the reference"],
  };

  // The lines of an answer that is a JSON list of texts; any other answer as it is.
  function lines(text) {
    try {
      const list = JSON.parse(text);
      return Array.isArray(list) && list.every((each) => typeof each === "string") ? list.join("\n") : text;
    } catch {
      return text;
    }
  }

  // An answer, its differences to the reference marked if wanted and if there is one.
  function marked(said, gold, wanted) {
    const text = lines(said);
    if (said.trim() && !text.trim()) return make("p", { class: "answer quiet" }, `an empty list: ${said.trim()}`);
    if (!text.trim()) return make("p", { class: "answer quiet" }, "an empty answer");
    if (!wanted || !gold?.length) return make("p", { class: "answer" }, text);
    const { kind, pieces } = Diff.compare(gold.join("\n"), text);
    return [
      make("p", { class: "answer" }, pieces.map((piece) => (piece.how ? make(MARKS[piece.how], null, piece.text) : piece.text))),
      make("p", { class: "legend" }, LEGENDS[kind](pieces)),
    ];
  }

  // A bar from 0 to 1; what is beyond is cut off, the figure says it.
  function bar(label, value) {
    const filled = make("i", null);
    filled.style.width = `${100 * Math.min(1, Math.max(0, value))}%`;
    return make("div", { class: "part" }, make("span", null, label), make("b", null, Figures.exact(value)), make("span", { class: "bar" }, filled));
  }

  function parts(answer, task) {
    const known = task.parts.filter((part) => part in answer.parts);
    const others = Object.keys(answer.parts).filter((part) => !known.includes(part));
    const names = [...known, ...others];
    return names.length ? make("div", { class: "parts" }, names.map((name) => bar(name.replaceAll("_", " "), answer.parts[name]))) : null;
  }

  // The score, and how far it is from that of the first run.
  function score(answer, first, letter) {
    const outcome = Filters.name(answer.outcome);
    if (answer.value === null) return make("p", { class: "score" }, make("span", { class: "badge bad" }, outcome));
    const against = first && first !== answer && first.value !== null ? answer.value - first.value : null;
    return make("p", { class: "score" },
      make("b", null, Figures.exact(answer.value)),
      against === null ? null : make("span", { class: "against" }, `${Figures.signed(against)} against ${letter}`),
      answer.outcome === "ok" ? null : make("span", { class: "badge bad" }, outcome));
  }

  function failure(failed) {
    return make("div", { class: "notice bad" }, make("b", null, Filters.name(failed.status)),
      make("span", null, ` (${failed.kind.replaceAll("_", " ")}) `), make("span", { class: "message" }, failed.message));
  }

  function tokens(usage) {
    if (usage.input_tokens === null && usage.output_tokens === null) return null;
    const said = (number) => (number === null ? "?" : Figures.count(number));
    return `${said(usage.input_tokens)} in, ${said(usage.output_tokens)} out`;
  }

  const cost = (usage) => (usage.cost_usd === null ? null : `$${usage.cost_usd.toFixed(usage.cost_usd < 0.1 ? 5 : 2)}`);
  const attempts = (usage) => (usage.attempts > 1 ? usage.attempts : null);

  function spent(answer, run) {
    return facts([
      ["model", answer.model && answer.model !== run.model ? answer.model : null],
      ["tokens", tokens(answer.usage)], ["cost", cost(answer.usage)],
      ["time", answer.seconds === null ? null : Figures.seconds(answer.seconds)],
      ["attempts", attempts(answer.usage)], ["ended by", answer.finish],
    ], "spent");
  }

  const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

  // What a judge said under a name; a list of records has a line for each.
  function field(name, value) {
    const label = `${name.replaceAll("_", " ")} `;
    if (Array.isArray(value) && value.length && value.every(isRecord)) {
      return make("div", { class: "field records" }, label, make("ul", null, value.map((record) =>
        make("li", null, Object.entries(record).map(([key, one]) => field(key, one))))));
    }
    const text = value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
    return make("span", { class: "field" }, label, make("b", null, text));
  }

  function verdict(one, number, of) {
    const fields = Object.entries(one.fields ?? {});
    const used = facts([
      ["tokens", tokens(one.usage)], ["cost", cost(one.usage)], ["time", one.seconds > 0 ? Figures.seconds(one.seconds) : null],
      ["attempts", attempts(one.usage)],
    ], "spent");
    return make("li", { class: "verdict" },
      make("p", { class: "voice" }, of > 1 ? make("span", { class: "number" }, `${number} of ${of}`) : null,
        make("span", null, one.model && one.model !== one.judge ? `${one.judge}, replied by ${one.model}` : one.judge)),
      one.failure ? failure(one.failure) : null,
      fields.length ? make("div", { class: "given" }, fields.map(([name, value]) => field(name, value))) : null,
      one.reason ? make("blockquote", null, one.reason) : null,
      one.text === null || (!fields.length && !one.reason)
        ? one.text ? make("pre", null, one.text) : null
        : fold("The whole reply", { class: "raw" }, make("pre", null, one.text)),
      used.firstChild ? used : null);
  }

  // Whether the score's note says more than the replies, or the failure, that are shown anyway.
  function tells({ note, verdicts: all, failure: failed }) {
    if (!note || (failed && note.includes(failed.message))) return false;
    return !(note.startsWith("{") && all.some((one) => one.fields)) && !all.some((one) => one.text === note);
  }

  function verdicts(answer) {
    const { verdicts: all } = answer;
    const apart = answer.disagreement === null ? null : make("span", { class: answer.disagreement > 0 ? "badge warn" : "badge" },
      answer.disagreement > 0 ? `judges ${Figures.exact(answer.disagreement)} apart` : "judges agree");
    const note = tells(answer) ? answer.note : null;
    if (!all.length && !note && !apart) return null;
    return make("section", { class: "judged" },
      make("h4", null, all.length > 1 ? `Verdicts (${all.length})` : all.length ? "Verdict" : "Scoring", apart),
      note ? make("p", { class: "quiet" }, note) : null,
      all.length ? make("ol", null, all.map((one, place) => verdict(one, place + 1, all.length))) : null);
  }

  function receipt(read) {
    if (!read) return null;
    const size = ([width, height]) => `${width} × ${height}`;
    const sound = read.audio_seconds > 0 ? `${read.audio_seconds.toFixed(1)} s of sound` : "no sound";
    return fold(`Receipt: ${Figures.many(read.frame_times.length, "frame")}, ${sound}`,
      { class: "receipt" }, facts([
        ["sent as", read.sent], ["profile", read.profile], ["frames", size(read.frame_size)], ["clip", size(read.source_size)],
        ["turned by", read.rotation ? `${read.rotation}°` : null], ["length", Figures.seconds(read.duration)],
        ["file", Figures.bytes(read.file_bytes)], ["unusual", read.oddities.map((oddity) => oddity.replaceAll("_", " ")).join(", ")],
        ["decoder", read.decoder], ["sha256", make("code", null, read.sha256)],
        ["times", make("span", { class: "times" }, read.frame_times.map(Figures.moment).join("  "))],
      ]));
  }

  function head(run, place, several) {
    return make("header", null,
      several ? make("span", { class: "letter" }, Figures.letter(place)) : null,
      make("div", null, make("h3", null, run.name), make("p", { class: "quiet" },
        run.model === run.name ? (run.recorded ? "imported answers" : "") : run.model + (run.recorded ? ", imported answers" : ""))));
  }

  // The card of the run at `place`; `first` is what the first run has.
  function build({ index, detail, place, marks }) {
    const run = index.runs[place];
    const answer = detail.runs[place];
    const several = index.runs.length > 1;
    const card = make("article", { class: "card", "aria-label": `Run ${run.name}` }, head(run, place, several));
    if (!answer) {
      card.append(make("p", { class: "empty" }, "This run has no such sample."));
      return card;
    }
    const task = index.tasks.find((each) => each.name === detail.task);
    const gold = answer.expected ?? detail.reference;
    card.append(...[
      score(answer, detail.runs[0], Figures.letter(0)), parts(answer, task),
      answer.failure ? failure(answer.failure) : marked(answer.text, gold, marks),
      answer.expected ? make("div", { class: "notice" }, make("b", null, "This run counts another reference: "), answer.expected.join("; ")) : null,
      spent(answer, run), verdicts(answer), receipt(answer.receipt),
    ].flat().filter(Boolean));
    return card;
  }

  return { build };
})();
