"""Runs a query: where, what, about what, in which order; and tells what each stage did.

graph -> filters -> words -> expansion -> vectors -> read. Whatever narrows comes before whatever ranks, and what is
left is looked at in full, so no page is short while there are hits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedded_db import drafts
from embedded_db.errors import InvalidQuery, NodeNotFound
from embedded_db.indexing import words
from embedded_db.indexing.coded import Numbers
from embedded_db.indexing.indexes import Indexes, unit
from embedded_db.native import Reach, VectorIndex
from embedded_db.query import paths, results
from embedded_db.query.evaluate import Evaluation, flat
from embedded_db.query.ranking import Candidates, Ranking, Scored, Spoken, best, within
from embedded_db.query.results import Hit, Page, Path, Place, QueryResults, Stage
from embedded_db.query.spec import ConvergedQuery, Meaning
from embedded_db.storage import scans
from embedded_db.storage.store import Store
from embedded_db.types import NodeRow

SPARSE = 32  # one node of so many or fewer is sparse
SEEDS = 10
"""Best hits from which an expansion starts."""
TRIES = 3
"""How often a query is run again when hits were deleted meanwhile."""
Embed = Callable[[list[str]], NDArray[np.float32]]
NOBODY = np.empty(0, np.uint32)
NOTHING = np.empty(0, np.float32)


def run(
    indexes: Indexes,
    store: Store,
    query: ConvergedQuery,
    embed: Embed,
    model: str,
    *,
    record: Callable[[NodeRow], Any] = lambda row: row,
) -> QueryResults:
    """Answer a query.

    Args:
        indexes: of the store.
        store: where the nodes are.
        query: what is asked.
        embed: makes unit vectors of texts, by ``model``.
        model: whose vectors are compared.
        record: makes of a row what a hit has as its node.

    Raises:
        InvalidQuery: the vector or the cursor does not fit.
        NodeNotFound: a start of the graph filter does not exist.
    """
    for _ in range(TRIES):
        found = Execution(indexes, store, query, embed, model, record).answer()
        if found is not None:
            break
    else:
        found = Execution(indexes, store, query, embed, model, record).answer(as_it_is=True)
    assert found is not None
    return found


@dataclass(slots=True)
class Execution:
    """One run of one query."""

    indexes: Indexes
    store: Store
    query: ConvergedQuery
    embed: Embed
    model: str
    record: Callable[[NodeRow], Any]
    stages: list[Stage] = field(default_factory=list)
    reach: list[Reach] = field(default_factory=list)
    statistics: words.Statistics | None = None
    _since: float = field(default_factory=perf_counter)

    def answer(self, as_it_is: bool = False) -> QueryResults | None:
        """Return the page; None if a hit was deleted while it was made, unless that does not matter any more."""
        query = self.query
        place = None if query.cursor is None else results.place(query.cursor, query.fingerprint())
        now = drafts.now() if place is None else place.now
        self.statistics = None if place is None else place.words
        self.indexes.refreshed()
        evaluation = Evaluation(self.indexes, self.store)
        self._told("refresh", self.indexes.columns.count)
        candidates = self._candidates(evaluation)
        if query.semantic_query is None:
            found = self._by_time(candidates, evaluation.size, place)
            ranking = None
        elif query.order == "relevance":
            ranking = self._ranking(candidates, evaluation.size, now)
            found = ranking.top(query.limit + 1, None if place is None else (place.score, place.n))
            self._told("vectors", len(found), detail=f"{ranking.scanned:,} compared in full")
        else:
            ranking = self._ranking(candidates, evaluation.size, now)
            found = self._by_time(self._near_enough(ranking), evaluation.size, place)
        page = found[: query.limit]
        rows = self.indexes.rows([one.n for one in page])
        if len(rows) < len(page) and not as_it_is:
            return None
        hits = self._hits([one for one in page if one.n in rows], rows, ranking)
        self._told("read", len(hits))
        last = Place(page[-1].score, page[-1].n, now, self.statistics) if len(found) > query.limit else None
        following = None if last is None else lambda: results.cursor(last, query.fingerprint())
        return QueryResults(hits, following, self.stages)

    def _told(self, name: str, count: int, exact: bool = True, detail: str = "") -> None:
        now = perf_counter()
        self.stages.append(Stage(name, count, now - self._since, exact, detail))
        self._since = now

    # Candidates

    def _candidates(self, evaluation: Evaluation) -> Candidates:
        """What graph and filters leave; None if there is neither."""
        query, domain = self.query, None
        if query.graph_filter is not None:
            starts = self._numbers(query.graph_filter.start)
            domain = self._reached(starts, query.graph_filter, evaluation.size)
            self._told("graph", len(domain), detail=f"{query.graph_filter.direction}, depth {query.graph_filter.depth}")
        candidates = evaluation.numbers(query.filter, domain)
        if query.filter is not None:
            count = 0 if candidates is None else _size(candidates)
            self._told("filters", count)
        return candidates

    def _numbers(self, ids: tuple[str, ...]) -> list[int]:
        with self.store.reading() as database:
            found = scans.numbers_of(database, ids)
        missing = [id for id in ids if id not in found]
        if missing:
            raise NodeNotFound(missing[0])
        return list(found.values())

    def _reached(self, starts: list[int], way: Any, size: int) -> Numbers:
        """The nodes within reach, ascending."""
        reach = paths.reach(self.indexes, starts, way.direction, way.edge_types, way.depth)
        self.reach.append(reach)
        found = np.frombuffer(reach.numbers(), np.uint32)
        found = found[found < size]
        if len(found) * SPARSE < size:
            return np.sort(found)
        mask = np.zeros(size, bool)  # quicker than sorting many
        mask[found] = True
        return flat(mask)

    # Order

    def _by_time(self, candidates: Candidates, size: int, place: Place | None) -> list[Scored]:
        columns = self.indexes.columns
        left: Any = columns.alive[:size] if candidates is None else candidates
        numbers = flat(left) if left.dtype == bool else left
        moments = columns.created_at[numbers]
        newest = self.query.order != "oldest"
        if newest:  # the newest first; of equal times the higher number
            numbers, moments = numbers[::-1], moments[::-1]
        keys = moments if newest else -moments
        places = np.arange(len(numbers), dtype=np.uint32)
        if place is not None:
            key = place.score if newest else -place.score
            behind = numbers < place.n if newest else numbers > place.n
            places = flat((keys < key) | ((keys == key) & behind))
        found = best(keys, places, self.query.limit + 1)
        self._told("order", len(found), detail=f"{self.query.order} first")
        return [Scored(int(numbers[at]), int(moments[at]), np.nan) for at in found]

    def _near_enough(self, ranking: Ranking) -> Candidates:
        """All candidates above the threshold, for another order than by relevance."""
        found = ranking.top(max(ranking.size, 1), None)
        self._told("vectors", len(found), detail="all above the threshold")
        return np.array(sorted(one.n for one in found), np.uint32)

    def _ranking(self, candidates: Candidates, size: int, now: int) -> Ranking:
        asked: Meaning = self.query.semantic_query
        index, vector = self._vector(asked)
        spoken = self._spoken(asked, candidates, size)
        ranking = Ranking(self.query, self.indexes.columns, size, now, candidates, index, vector, spoken)
        if self.query.expand is not None:
            ranking.spoken = self._expanded(ranking)
            ranking.scanned = 0
            self._told("expansion", len(ranking.spoken.numbers), detail=f"from the best {SEEDS}")
        return ranking

    def _vector(self, asked: Meaning) -> tuple[VectorIndex | None, bytes | None]:
        """The vectors to compare with and the vector of the query; None where meaning cannot say anything."""
        if asked.mode == "words":
            return None, None
        index = self.indexes.vectors(self.model)
        if asked.vector is not None:
            vector = np.frombuffer(asked.vector, np.float32)  # not all 0: that was checked
            if len(index) and vector.size != index.dimensions:
                raise InvalidQuery(
                    f"The vector has {vector.size} numbers, those of {self.model!r} have {index.dimensions}.", "vector"
                )
        elif len(index):
            vector = np.asarray(self.embed([asked.text or ""])[0], np.float32)
            self._told("embed", 1, detail=self.model)
            if not vector.any():
                return None, None
        if not len(index):
            return None, None
        return index, unit(vector).tobytes()

    def _spoken(self, asked: Meaning, candidates: Candidates, size: int) -> Spoken:
        if asked.mode == "semantic" or asked.text is None or not asked.words:
            return Spoken(NOBODY, NOTHING, NOTHING, NOTHING)
        columns = self.indexes.columns
        with self.store.reading() as database:
            known = self.indexes.words
            left: tuple[str, ...] = ()
            if self.statistics is None:
                chosen, left = known.chosen(database, asked.text, size - 1)
                self.statistics = words.Statistics(chosen, *columns.lengths(), size - 1)
            rated = self.statistics.words
            postings = known.numbers(database, [word for word, _ in rated], size - 1)
        if asked.mode == "hybrid":
            known_here = [numbers[: np.searchsorted(numbers, size)] for numbers in postings]
            numbers, scores = words.scores(self.statistics, known_here, columns.length)
            among: Any = None if candidates is None or candidates.dtype == bool else candidates
            turns = columns.turns.linked(columns)
            numbers, scores, around = turns.spread(numbers, scores, self.statistics.last, among)
            kept = within(numbers, candidates, columns, size)
            numbers, scores, around = numbers[kept], scores[kept], around[kept]
        else:
            left_over = [numbers[within(numbers, candidates, columns, size)] for numbers in postings]
            numbers, scores = words.scores(self.statistics, left_over, columns.length)
            around = np.zeros(len(numbers), np.float32)
        detail = " ".join(word for word, _ in rated) + (f"; too common: {' '.join(left)}" if left else "")
        self._told("words", len(numbers), exact=not left, detail=detail)
        return Spoken(numbers, scores, around, np.zeros(len(numbers), np.float32))

    def _expanded(self, ranking: Ranking) -> Spoken:
        """What words say, and what the best hits hand on to their neighbours."""
        way, gained = self.query.expand, dict[int, float]()
        for seed in ranking.top(SEEDS, None):
            reach = paths.reach(self.indexes, [seed.n], way.direction, way.edge_types, way.depth)
            self.reach.append(reach)
            numbers = np.frombuffer(reach.numbers(), np.uint32)
            kept = within(numbers, ranking.candidates, ranking.columns, ranking.size)
            hops = np.frombuffer(reach.hops(), np.uint32)[kept]
            handed = way.weight * min(max(seed.score, 0.0), 1.0) * np.exp2(1.0 - hops)
            for n, gain in zip(numbers[kept].tolist(), handed.tolist(), strict=True):
                gained[n] = max(gained.get(n, 0.0), gain)
        old = ranking.spoken
        numbers = np.union1d(old.numbers, np.fromiter(gained, np.uint32, len(gained))).astype(np.uint32)
        said, around = np.zeros((2, len(numbers)), np.float32)
        places = np.searchsorted(numbers, old.numbers)
        said[places], around[places] = old.words, old.context
        graph = np.array([gained.get(n, 0.0) for n in numbers.tolist()], np.float32)
        return Spoken(numbers, said, around, graph)

    # Hits

    def _hits(self, page: list[Scored], rows: dict[int, NodeRow], ranking: Ranking | None) -> list[Hit]:
        if not page:
            return []
        shared = Page({} if ranking is None else self._legs(ranking, page), self._ways(page))
        record = self.record
        return [Hit(record(rows[one.n]), one.score, at, shared) for at, one in enumerate(page)]

    def _ways(self, page: list[Scored]) -> Callable[[], dict[str, Path]] | None:
        """What finds the paths of all hits when the first is asked for."""
        reach, indexes, store = self.reach, self.indexes, self.store
        return (lambda: paths.of_hits(indexes, store, reach, [one.n for one in page])) if reach else None

    def _legs(self, ranking: Ranking, page: list[Scored]) -> dict[str, list[float]]:
        """What each leg says of some nodes, from 0 to 1."""
        query, legs = self.query, dict[str, list[float]]()
        spoken, numbers = ranking.spoken, np.array([one.n for one in page], np.uint32)
        if ranking.index is not None and ranking.vector is not None:
            cosines = [one.cosine for one in page]
            if ranking.query.order != "relevance":
                cosines = np.frombuffer(
                    ranking.index.similarity(ranking.vector, numbers.tobytes()), np.float32
                ).tolist()
            legs["similarity"] = [min(one, 1.0) if one > 0 else 0.0 for one in cosines]  # not a number: no vector
        if len(spoken.numbers):
            places = np.minimum(np.searchsorted(spoken.numbers, numbers), len(spoken.numbers) - 1)
            has = spoken.numbers[places] == numbers
            legs["words"] = np.where(has, spoken.words[places], 0).tolist()
            legs["context"] = np.where(has, spoken.context[places], 0).tolist()
            if query.expand is not None:
                legs["graph"] = np.where(has, spoken.graph[places], 0).tolist()
        if query.recency:
            legs["recency"] = ranking.decay(ranking.columns.created_at[numbers]).tolist()
        if query.activity:
            legs["activity"] = ranking.decay(ranking.lively(numbers)).tolist()
        return legs


def _size(candidates: Numbers | Any) -> int:
    return int(np.count_nonzero(candidates)) if candidates.dtype == bool else len(candidates)
