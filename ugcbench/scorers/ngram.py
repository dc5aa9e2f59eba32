"""How much of the on-screen text does an answer share with the gold, in n-grams?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar

from rapidfuzz.distance import LCSseq
from sacrebleu.metrics import CHRF

from ugcbench.scorers import ocr_answers, tokens
from ugcbench.scorers.unanswered import score_unanswered
from ugcbench.types import Answer, Prediction, Sample, Score

Variant = Literal["v1", "ocr-keep-empty", "ocr-skip-empty"]

T = TypeVar("T")

_CHRF = CHRF()


@dataclass(frozen=True, slots=True)
class Tokens:
    """One side of a comparison: the text that chrF sees, BLEU's words, ROUGE's stems."""

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NgramScorer:
    """The mean of BLEU-1 and the F-measures of ROUGE-1, -2 and -L over the joined lines.

    The parts are `bleu1`, `rouge1`, `rouge2`, `rougeL`; `v1` adds `chrf`, which is not in the mean.

    `v1`: words of any script without case and without stemming; the same for both sides. No words
    on either side score 1, none on one side 0; a gold of one word has no bigram, so ROUGE-1 stands
    in for ROUGE-2. `ocr-keep-empty` and `ocr-skip-empty`: as the two scorers behind the released
    figures, with rouge-score's stemmed tokens; the latter leaves out (`missing`) a sample without
    segments on either side.
    Source: UGC-VideoCap section 5 and its released evaluation files.
    """

    variant: Variant = "v1"

    @property
    def fingerprint(self) -> str:
        """Changes with the variant and with its rule."""
        return f"ngram/{self.variant}/1"

    @property
    def judge(self) -> None:
        """No judge is asked."""
        return

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Compare the reported lines with the gold lines."""
        if prediction.text is None:
            return score_unanswered(prediction)
        gold = tokenise_gold(self.variant, sample.answer)
        predicted = tokenise(self.variant, prediction.text)
        if gold is None or predicted is None:
            side = "gold" if gold is None else "predicted"
            return Score(status="missing", note=f"left out: there is no {side} segment")
        parts = compare(gold, predicted)
        if self.variant == "v1":
            parts["chrf"] = chrf(gold.text, predicted.text)
            if len(gold.words) < 2:
                parts |= _compare_short(gold, predicted, parts)
        value = (parts["bleu1"] + parts["rouge1"] + parts["rouge2"] + parts["rougeL"]) / 4
        return Score(status="ok", value=value, parts=parts)


def compare(gold: Tokens, predicted: Tokens) -> dict[str, float]:
    """The four measures in [0, 1] by name; each is 0 where one side has no n-gram."""
    return {
        "bleu1": unigram_precision(gold.words, predicted.words),
        "rouge1": rouge_n(gold.stems, predicted.stems, 1),
        "rouge2": rouge_n(gold.stems, predicted.stems, 2),
        "rougeL": rouge_l(gold.stems, predicted.stems),
    }


def unigram_precision(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """BLEU-1 without brevity penalty: the share of predicted words found in the gold, each at most
    as often as it stands there.
    """
    if not predicted:
        return 0.0
    return _overlap(Counter(gold), Counter(predicted)) / len(predicted)


def rouge_n(gold: Sequence[str], predicted: Sequence[str], n: int) -> float:
    """The F-measure of shared n-grams, as rouge-score computes it."""
    theirs, ours = _count_ngrams(gold, n), _count_ngrams(predicted, n)
    shared = _overlap(theirs, ours)
    return _f_measure(shared / max(ours.total(), 1), shared / max(theirs.total(), 1))


def rouge_l(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """The F-measure of the longest common subsequence, as rouge-score computes it."""
    if not gold or not predicted:
        return 0.0
    shared = LCSseq.similarity(gold, predicted)
    return _f_measure(shared / len(predicted), shared / len(gold))


def chrf(gold: str, predicted: str) -> float:
    """Sacrebleu's chrF (character n-grams to 6, beta 2) in [0, 1]."""
    return float(_CHRF.sentence_score(predicted, [gold]).score) / 100


def tokenise(variant: Variant, text: str) -> Tokens | None:
    """An answer's tokens; None if `ocr-skip-empty` finds no segment in it."""
    if variant == "v1":
        return _tokenise_any_script(ocr_answers.read_lines(text))
    if variant == "ocr-keep-empty":
        return _tokenise_released(ocr_answers.keep_empty(text))
    segments = ocr_answers.skip_empty(text)
    return _tokenise_released(" ".join(segments)) if segments else None


@lru_cache(maxsize=1024)
def tokenise_gold(variant: Variant, answer: Answer) -> Tokens | None:
    """The gold's tokens, kept for the next prediction; None if `ocr-skip-empty` has no segment."""
    lines = (answer,) if isinstance(answer, str) else answer
    if variant == "v1":
        return _tokenise_any_script(lines)
    if variant == "ocr-keep-empty":
        return _tokenise_released(" ".join(lines).lower())
    segments = map(ocr_answers.normalise_segment, lines)
    return _tokenise_released(" ".join(segments)) if lines else None


def _compare_short(gold: Tokens, predicted: Tokens, parts: Mapping[str, float]) -> dict[str, float]:
    """The parts that differ for a gold of at most one word, so that an answer can still score 1."""
    if not gold.words and not predicted.words:
        return dict.fromkeys(parts, 1.0)
    return {"rouge2": parts["rouge1"]}


def _tokenise_any_script(lines: Sequence[str]) -> Tokens:
    words = tuple(tokens.words(" ".join(lines)))
    return Tokens(" ".join(words), words, words)


def _tokenise_released(text: str) -> Tokens:
    return Tokens(text, tuple(tokens.ascii_words(text)), tuple(tokens.stems(text)))


def _count_ngrams(stems: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(stems[start:] for start in range(n)), strict=False))


def _overlap(first: Counter[T], second: Counter[T]) -> int:
    return sum(min(first[gram], second[gram]) for gram in first.keys() & second.keys())


def _f_measure(precision: float, recall: float) -> float:
    # The order of the operations is rouge-score's, so that no bit differs.
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0
