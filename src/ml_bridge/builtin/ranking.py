"""How relevant texts are to a query: by the words they share (BM25) and by their meaning (static vectors), in halves.

Both are brought to 0..1 within the texts given: BM25 by its best score, cosines as they are, and never less than zero.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ml_bridge.native import terms

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
"""The usual parameters of BM25 (Robertson and Zaragoza, 2009)."""
WORDS_SHARE = 0.5


def relevance(
    query: str, texts: Sequence[str], embed: Callable[[Sequence[str]], NDArray[np.float32]]
) -> NDArray[np.float64]:
    """A score from 0 to 1 for each text."""
    if not texts:
        return np.zeros(0)
    words = by_words(query, texts)
    vectors = embed([query, *texts])
    meaning = np.clip(vectors[1:] @ vectors[0], 0.0, 1.0)
    scores: NDArray[np.float64] = WORDS_SHARE * words / max(words.max(), 1e-12) + (1 - WORDS_SHARE) * meaning
    return scores


def by_words(query: str, texts: Sequence[str]) -> NDArray[np.float64]:
    """BM25 of each text, with the texts given as the collection."""
    asked = terms(query)
    counts = [Counter(word for line in text.split() for word in terms(line)) for text in texts]
    lengths = np.array([sum(count.values()) for count in counts], dtype=float)
    norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths / max(lengths.mean(), 1e-12))
    scores = np.zeros(len(texts))
    for word in asked:
        holding = np.array([count[word] for count in counts], dtype=float)
        having = int((holding > 0).sum())
        rarity = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        scores += rarity * holding * (SATURATION + 1) / (holding + norm)
    return scores
