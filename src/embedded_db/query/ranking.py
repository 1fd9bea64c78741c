"""Puts candidates in order: one score for each node, a pure function of query and node, and a place for every tie.

score = cosine + words × (full text + context) + recency + activity + what the graph adds. Most nodes have none of the
terms in the middle, so the engine scans them by cosine alone; the few that words or graph speak for are scored one by
one. Both parts are exact, and no node is in both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedded_db.indexing.coded import Mask, Numbers
from embedded_db.indexing.columns import Columns
from embedded_db.native import VectorIndex
from embedded_db.query.evaluate import flat
from embedded_db.query.spec import ConvergedQuery

Floats = NDArray[np.float32]
Candidates = Numbers | Mask | None
"""Numbers in ascending order, a mask by number, or None for every node."""
ANY_COSINE = -2.0
NO_SCORE = -math.inf


class Scored(NamedTuple):
    """A node in the order: its score, and its cosine (not a number if it has no vector)."""

    n: int
    score: float
    cosine: float


@dataclass(slots=True)
class Spoken:
    """The nodes that words or the graph speak for, ascending, and what each of them says."""

    numbers: Numbers
    words: Floats
    context: Floats
    """What the messages around each in its chat say for it."""
    graph: Floats


@dataclass(slots=True)
class Ranking:
    """All that scores depend on, for one query at one time."""

    query: ConvergedQuery
    columns: Columns
    size: int
    now: int
    candidates: Candidates
    index: VectorIndex | None
    vector: bytes | None
    spoken: Spoken
    scanned: int = 0
    """Vectors that were scored in full."""

    def top(self, limit: int, after: tuple[float, int] | None) -> list[Scored]:
        """Return the best behind a place, in order."""
        if not len(self.spoken.numbers):
            return self._outside(limit, after, NO_SCORE)
        found = self._inside(limit, after)
        least = found[-1].score if len(found) == limit else NO_SCORE
        found += self._outside(limit, after, least)
        found.sort(key=lambda one: (-one.score, one.n))
        return found[:limit]

    def decay(self, moments: NDArray[np.int64]) -> Floats:
        """Return what is left of 1 after the time since these moments."""
        ages = np.maximum(self.now - moments, 0).astype(np.float32)
        halved: Floats = np.exp2(ages * np.float32(-1e-6 / self.query.half_life))
        return halved

    def lively(self, numbers: Numbers | slice) -> NDArray[np.int64]:
        """Return when the chats of nodes had their newest message; 0 outside of chats."""
        latest = self.columns.latest()
        own = np.arange(self.size, dtype=np.uint32)[numbers]
        chats = self.columns.chat[: self.size][numbers]
        places = np.where(chats > 0, chats, own)
        return np.where(places < len(latest), latest[np.minimum(places, len(latest) - 1)], 0)

    def bonus(self, numbers: Numbers | slice) -> Floats | None:
        """Return what recency and activity add to nodes; None if nothing."""
        query = self.query
        if not (query.recency or query.activity):
            return None
        total: Floats = np.float32(query.recency) * self.decay(self.columns.created_at[: self.size][numbers])
        if query.activity:
            total = total + np.float32(query.activity) * self.decay(self.lively(numbers))
        return total

    def _floor(self) -> float:
        threshold: float = self.query.semantic_query.threshold
        return threshold if threshold > 0 else ANY_COSINE

    def _outside(self, limit: int, after: tuple[float, int] | None, least: float) -> list[Scored]:
        """In order, the best by cosine, recency and activity among those that neither words nor graph speak for."""
        if self.index is None or self.vector is None:
            return []
        listed = mask = None
        if self.candidates is not None:
            if self.candidates.dtype == bool:
                mask = self.candidates.tobytes()
            else:
                listed = self.candidates.tobytes()
        bonus = self.bonus(self.candidates if listed is not None else slice(None))  # type: ignore[arg-type]
        hits, scanned = self.index.search(
            self.vector, limit, numbers=listed, mask=mask, bonus=None if bonus is None else bonus.tobytes(),
            floor=self._floor(), after=after, except_=self.spoken.numbers.tobytes(), least=least,
        )  # fmt: skip
        self.scanned += scanned
        return list(map(Scored._make, hits))

    def _inside(self, limit: int, after: tuple[float, int] | None) -> list[Scored]:
        """The best among those that words or graph speak for."""
        numbers = self.spoken.numbers
        cosines = np.full(len(numbers), np.nan, np.float32)
        if self.index is not None and self.vector is not None:
            cosines = np.frombuffer(self.index.similarity(self.vector, numbers.tobytes()), np.float32)
        weight = np.float32(self.query.semantic_query.words)
        alike = np.where(np.isnan(cosines), np.float32(0), cosines)
        scores = alike + weight * (self.spoken.words + self.spoken.context) + self.spoken.graph
        bonus = self.bonus(numbers)
        if bonus is not None:
            scores = scores + bonus
        asked = alike >= self._floor()
        if after is not None:
            score, n = np.float32(after[0]), after[1]
            asked &= (scores < score) | ((scores == score) & (numbers > n))
        places = best(scores, flat(asked), limit)
        return [Scored(int(numbers[at]), float(scores[at]), float(cosines[at])) for at in places]


def best(scores: NDArray[np.float32] | NDArray[np.int64], places: Numbers, limit: int) -> Numbers:
    """Return the places of the highest scores in order; of equal ones the first."""
    if len(places) > 4 * limit:
        values = scores[places]
        bar = np.partition(values, len(values) - limit)[len(values) - limit]
        places = places[values >= bar]
    return places[np.argsort(-scores[places], kind="stable")][:limit]


def within(numbers: Numbers, candidates: Candidates, columns: Columns, size: int) -> Mask:
    """Return which nodes are candidates."""
    known = numbers < size
    if candidates is None or candidates.dtype == bool:
        mask: Any = columns.alive if candidates is None else candidates
        found: Mask = known & mask[np.where(known, numbers, 0)]
        return found
    if not len(candidates):
        return np.zeros(len(numbers), bool)
    places = np.minimum(np.searchsorted(candidates, numbers), len(candidates) - 1)
    same: Mask = candidates[places] == numbers
    return same
