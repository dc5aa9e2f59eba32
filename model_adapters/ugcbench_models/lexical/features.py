"""What does a prediction share with a reference?

What of the reference is found in the prediction, what of it belongs together there as well, and
where the two contradict each other. Features of the prediction's style alone are left out but for
repetition: they tell systems apart, and a judge fitted to them would know the systems of its
training by their style.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz.distance import LCSseq

from ugcbench_models.lexical.reading import Text, Words
from ugcbench_models.lexical.words import HEARD, LEXICONS

Weights = Mapping[str, float]
"""How much a word tells: its inverse document frequency. Holds every word that is asked for."""

Features = dict[str, float | None]
"""By name; None where there is nothing to measure."""

TOPICS = ("music", "speech", "sound", "text", "color", "clothing", "place", "mood")

OFFSET = 0.05
"""Added to a share before its logarithm is taken."""

BEGINNING = 5
"""Letters by which two words of at least that length count as the same."""


def measure(reference: Text, prediction: Text, weights: Weights) -> Features:
    """The features of a pair; shares are logarithms, so that a constant factor is a constant."""
    return {
        **_found(reference, prediction, weights),
        **_found_by_topic(reference.vocabulary, prediction.vocabulary),
        **_together(reference, prediction, weights),
        **_contradictions(reference, prediction),
        **_sizes(reference, prediction, weights),
    }


def _found(reference: Text, prediction: Text, weights: Weights) -> Features:
    """How much of the reference's words is anywhere in the prediction."""
    every, words = reference.vocabulary, prediction.vocabulary
    about = reference.heard - HEARD

    def share(wanted: Words, among: Words = words) -> float | None:
        return _share(_weigh(wanted & among, weights), _weigh(wanted, weights))

    return {
        "words": share(every),
        "words, rare ones less": _share(
            _weigh_less(every & words, weights), _weigh_less(every, weights)
        ),
        "words or their beginnings": _share(
            _weigh(_alike(every, words), weights), _weigh(every, weights)
        ),
        "words with repeats": _share(
            _weigh(_common(reference, prediction).elements(), weights),
            _weigh(reference.words, weights),
        ),
        "words of audible sentences": share(reference.audible),
        "words of audible sentences in such": share(reference.audible, prediction.audible),
        "words of heard clauses": share(about),
        "words of heard clauses in such": share(about, prediction.heard),
        "words of seen clauses": share(reference.seen),
        "words of the first sentence": share(next(iter(reference.sentences), frozenset())),
        "quoted words": share(reference.quoted, words | prediction.quoted),
        "names": share(reference.names),
    }


def _found_by_topic(wanted: Words, words: Words) -> Features:
    """How much of the reference's words about each topic is in the prediction."""
    return {
        f"words about {topic}": _share(
            len(wanted & words & LEXICONS[topic]), len(wanted & LEXICONS[topic])
        )
        for topic in TOPICS
    }


def _together(reference: Text, prediction: Text, weights: Weights) -> Features:
    """How much of what belongs together in the reference does so in the prediction."""
    sentences = [
        (part, _cover(part, prediction.sentences, weights)) for part in reference.sentences
    ]
    common = len(reference.pairs & prediction.pairs)
    return {
        "sentences": _log_mean(share for _, share in sentences),
        "audible sentences": _log_mean(share for part, share in sentences if part & HEARD),
        "visible sentences": _log_mean(share for part, share in sentences if not part & HEARD),
        "clauses": _log_mean(
            _cover(part, prediction.clauses, weights) for part in reference.clauses
        ),
        "word pairs": _share(common, len(reference.pairs)),
        "words in order": _share(_in_order(reference, prediction), len(reference.words)),
    }


def _contradictions(reference: Text, prediction: Text) -> Features:
    """Where the prediction says the same as the reference, and where something else."""
    both = reference.colours.keys() & prediction.colours.keys()
    same = sum(bool(reference.colours[thing] & prediction.colours[thing]) for thing in both)
    return {
        "things of the same colour": math.log1p(same),
        "things of another colour": math.log1p(len(both) - same),
        "difference in gender": abs(reference.maleness - prediction.maleness),
    }


def _sizes(reference: Text, prediction: Text, weights: Weights) -> Features:
    """How much there is to find, and whether the prediction repeats itself."""
    words = reference.vocabulary
    return {
        "rarity of the reference": _weigh(words, weights) / len(words) if words else None,
        "variety of the prediction": prediction.distinct / max(prediction.length, 1),
    }


def _share(found: float, wanted: float) -> float | None:
    """Logarithm of a share; None of nothing."""
    return _log(found / wanted) if wanted else None


def _log(share: float) -> float:
    return math.log(share + OFFSET)


def _log_mean(shares: Iterable[float]) -> float | None:
    every = list(shares)
    return _log(sum(every) / len(every)) if every else None


def _weigh(words: Iterable[str], weights: Weights) -> float:
    """The sum of weights, exact, so that it doesn't depend on the order in which a set is read."""
    return math.fsum(map(weights.__getitem__, words))


def _weigh_less(words: Iterable[str], weights: Weights) -> float:
    """With differences between rare and frequent words evened out."""
    return math.fsum(math.sqrt(weights[word]) for word in words)


def _cover(part: Words, others: Sequence[Words], weights: Weights) -> float:
    """The weighted share of a part's words that is in the most similar one of `others`."""
    best = max((_weigh(part & other, weights) for other in others), default=0.0)
    return best / _weigh(part, weights)


def _alike(wanted: Words, words: Words) -> Words:
    """The words of `wanted` that occur, or of which another form does."""
    beginnings = {word[:BEGINNING] for word in words}
    return frozenset(
        word
        for word in wanted
        if word in words or (len(word) >= BEGINNING and word[:BEGINNING] in beginnings)
    )


def _common(reference: Text, prediction: Text) -> Counter[str]:
    """The common words, as often as both say them."""
    return reference.occurrences & prediction.occurrences


def _in_order(reference: Text, prediction: Text) -> int:
    """Length of the longest common subsequence of words."""
    return LCSseq.similarity(reference.words, prediction.words)
