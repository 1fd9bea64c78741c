"""Ten results should show several files: each further symbol of a file already shown counts less."""

from __future__ import annotations

import heapq

from leindex.lerecherche.ranking.candidates import Candidate, Pool
from leindex.lerecherche.ranking.weights import SAME_FILE_DECAY


def select(pool: Pool, limit: int) -> list[Candidate]:
    """Return the ``limit`` best, in order, each candidate's score lowered for the better ones of its file."""
    chosen: list[Candidate] = []
    for candidates in pool.by_file().values():
        for place, candidate in enumerate(candidates[:limit]):
            candidate.score *= SAME_FILE_DECAY**place
            chosen.append(candidate)
    return heapq.nsmallest(limit, chosen, key=lambda candidate: (-candidate.score, candidate.symbol.node))
