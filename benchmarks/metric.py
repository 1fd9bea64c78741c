"""NDCG@10 and recall within a token budget, as the retrieval set defines them.

Results are walked in order. A target is found at the first result in its file that overlaps its lines, where it has
lines. Relevance is binary. A target's path may be written from a folder inside the repository, so it also matches as
the end of a result's path.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Target:
    """A file that answers the question, or some lines of it."""

    path: str
    start_line: int | None = None
    end_line: int | None = None

    @classmethod
    def read(cls, written: str | dict[str, str | int]) -> Target:
        """Take a target as the annotations write it: a path, or a path with lines."""
        if isinstance(written, str):
            return cls(written)
        start, end = written.get("start_line"), written.get("end_line")
        return cls(str(written["path"]), None if start is None else int(start), None if end is None else int(end))


@dataclass(frozen=True, slots=True)
class Result:
    """One result: where it is, and how many tokens it takes to show."""

    path: str
    start_line: int
    end_line: int
    tokens: int = 0

    def shows(self, target: Target) -> bool:
        """Say whether the target is in this result's file and, where it has lines, overlaps this result."""
        if self.path != target.path and not self.path.endswith("/" + target.path):
            return False
        if target.start_line is None or target.end_line is None:
            return True
        return self.start_line <= target.end_line and target.start_line <= self.end_line


def rank_of(target: Target, results: Sequence[Result]) -> int | None:
    """Return the place of the first result that shows the target, counted from 1."""
    return next((place for place, result in enumerate(results, 1) if result.shows(target)), None)


def ndcg(targets: Sequence[Target], results: Sequence[Result], depth: int = DEPTH) -> float:
    """Return the discounted gain of the first ``depth`` results relative to the ideal order; 0 to 1.

    Targets that share one result share its place, which can lift the sum above that of the ideal order; it is cut at 1.
    """
    ranks = [rank_of(target, results[:depth]) for target in targets]
    gain = sum(1 / math.log2(rank + 1) for rank in ranks if rank is not None)
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(depth, len(targets)) + 1))
    return min(gain / ideal, 1.0) if ideal else 0.0


def recall_within(targets: Sequence[Target], results: Sequence[Result], budget: int) -> float:
    """Return the share of targets shown by the results that fit, one after the other, into ``budget`` tokens."""
    shown: list[Result] = []
    spent = 0
    for result in results:
        spent += result.tokens
        if spent > budget:
            break
        shown.append(result)
    found = sum(rank_of(target, shown) is not None for target in targets)
    return found / len(targets) if targets else 0.0
