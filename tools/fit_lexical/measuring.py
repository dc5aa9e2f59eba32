"""How do pairs of texts become numbers?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse

from tools.fit_lexical.recorded import Judged
from ugcbench_models.lexical.appeals import drop_appeals
from ugcbench_models.lexical.features import measure
from ugcbench_models.lexical.guards import count_lost_levels
from ugcbench_models.lexical.levels import Idf, Weights
from ugcbench_models.lexical.reading import Words, read

KNOWN = 4
"""Training captions that must hold a word for it to be in the table of idf."""

LEAST = 0.1
"""Weight of a word that every caption holds."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """Pairs as numbers: pairs x features (NaN where there is nothing to measure), levels, weights.

    `found` and `missed` hold for each pair the words of the reference, `lost` the levels that the
    guards take off.
    """

    names: Sequence[str]
    features: Matrix
    found: Sequence[Words]
    missed: Sequence[Words]
    lost: Matrix
    levels: Matrix
    weights: Matrix

    def only(self, rows: Sequence[int]) -> Measured:
        """These rows."""
        return Measured(
            names=self.names,
            features=self.features[rows],
            found=[self.found[row] for row in rows],
            missed=[self.missed[row] for row in rows],
            lost=self.lost[rows],
            levels=self.levels[rows],
            weights=self.weights[rows],
        )


def count_idf(captions: Sequence[str]) -> Idf:
    """Inverse document frequencies of the stems; rare words share that of a word seen once."""
    documents = Counter[str]()
    for caption in captions:
        documents.update(read(caption).vocabulary)

    def idf(count: int) -> float:
        return max(LEAST, round(math.log((len(captions) + 1) / (count + 0.5)), 2))

    common = sorted(word for word, count in documents.items() if count >= KNOWN)
    return Idf(default=idf(1), words={word: idf(documents[word]) for word in common})


def measure_pairs(pairs: Sequence[Judged], weights: Sequence[float], idf: Idf) -> Measured:
    """Features and words of pairs, each of which counts with its weight."""
    known = Weights(idf)
    texts = [(read(pair.reference), read(drop_appeals(pair.prediction))) for pair in pairs]
    rows = [measure(reference, prediction, known) for reference, prediction in texts]
    return Measured(
        names=list(rows[0]),
        features=np.array([list(row.values()) for row in rows], dtype=np.float64),
        found=[mine.vocabulary & yours.vocabulary for mine, yours in texts],
        missed=[mine.vocabulary - yours.vocabulary for mine, yours in texts],
        lost=np.array([count_lost_levels(*pair) for pair in texts]),
        levels=np.array([pair.levels for pair in pairs]),
        weights=np.array(weights, dtype=np.float64),
    )


def mark_words(found: Sequence[Words], words: Sequence[str]) -> scipy.sparse.csr_matrix:
    """Pairs x words, 1 where a pair has the word."""
    places = {word: place for place, word in enumerate(words)}
    rows = [sorted(places[word] for word in held & places.keys()) for held in found]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((place for row in rows for place in row), np.int64, ends[-1])
    return scipy.sparse.csr_matrix(
        (np.ones(len(columns)), columns, ends), shape=(len(found), len(words))
    )
