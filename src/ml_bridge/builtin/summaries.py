"""A summary made of a text's own sentences: those that are most like the others (LexRank, Erkan and Radev, 2004).

Sentences are the nodes of a graph, the cosine of their tf-idf vectors is how strongly two are linked, and the
stationary distribution of a walk on it says which stand in the middle. The best are given in the order of the text.
"""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=[^\sa-z])|\n+")
ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|etc|e\.g|i\.e|cf|No|Fig|Inc|Ltd|Co|[A-Z])\.$")
WORD = re.compile(r"\w+")
DAMPING = 0.85
WEAKEST = 0.1
"""Less alike than this is not alike: the threshold of the paper."""
MOST_SENTENCES = 2000
"""A longer text is taken evenly from its whole length: the graph has the square of this in links."""
ROUNDS = 100


def summary(text: str, sentences: int) -> str:
    """The most central sentences of a text, in its order; the whole text if it has no more."""
    found = split(text)
    if len(found) <= sentences:
        return " ".join(found)
    if len(found) > MOST_SENTENCES:
        found = [found[int(index)] for index in np.linspace(0, len(found) - 1, MOST_SENTENCES)]
    scores = centrality(similarities(found))
    best = sorted(range(len(found)), key=lambda index: (-round(float(scores[index]), 12), index))
    chosen: list[int] = []
    for index in best:  # what was said already is not said again
        if all(found[index].casefold() != found[other].casefold() for other in chosen):
            chosen.append(index)
        if len(chosen) == sentences:
            break
    return " ".join(found[index] for index in sorted(chosen))


def split(text: str) -> list[str]:
    """The sentences of a text; lines end them as well."""
    found: list[str] = []
    open_ended = False
    for piece in filter(None, (piece.strip() for piece in END.split(text))):
        if open_ended:
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
        open_ended = ABBREVIATION.search(piece) is not None
    return found


def similarities(sentences: list[str]) -> NDArray[np.float64]:
    """The cosine of each two sentences' tf-idf vectors."""
    counts = [Counter(WORD.findall(sentence.casefold())) for sentence in sentences]
    holding = Counter(word for count in counts for word in count)
    columns = {word: column for column, word in enumerate(sorted(holding))}
    cosines = np.zeros((len(sentences), len(sentences)))
    rows: list[dict[int, float]] = []
    for count in counts:
        row = {columns[word]: n * math.log(1 + len(sentences) / holding[word]) for word, n in count.items()}
        length = math.sqrt(sum(weight * weight for weight in row.values())) or 1.0
        rows.append({column: weight / length for column, weight in row.items()})
    holders: dict[int, list[tuple[int, float]]] = {}
    for index, row in enumerate(rows):
        for column, weight in row.items():
            holders.setdefault(column, []).append((index, weight))
    for held in holders.values():
        where = np.array([index for index, _ in held])
        weights = np.array([weight for _, weight in held])
        cosines[np.ix_(where, where)] += np.outer(weights, weights)
    return cosines


def centrality(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """How central each sentence is; they add up to one."""
    links = np.where(cosines >= WEAKEST, cosines, 0.0)
    np.fill_diagonal(links, 0.0)  # or a sentence that nothing is like would keep its share by itself
    steps = links / np.maximum(links.sum(axis=1, keepdims=True), 1e-12)
    count = len(links)
    scores = np.full(count, 1 / count)
    for _ in range(ROUNDS):
        following = (1 - DAMPING) / count + DAMPING * (scores @ steps)
        if np.abs(following - scores).sum() < 1e-9:
            break
        scores = following
    total: float = scores.sum()
    return scores / total
