"""The code around the entry points of a question, most relevant first.

``Relevance(N) = SemanticScore(N) * Complexity(N) / Distance(Entry, N)^2`` (specification, FR-2.2); the engine's
``graph/gravity.rs`` says how each term is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from leindex.legraphe.native import Snapshot

Via = Literal["entry", "callee", "caller", "base", "derived", "used", "user", "container", "member"]

MOST_HOPS: Final = 4
"""Beyond four hops a distance of at least 5 leaves less than 1/25 of any relevance."""
UNKNOWN_SCORE: Final = 0.2
"""Semantic score of nodes that retrieval did not see: less than what it found, more than nothing."""

REASONS: Final[Mapping[Via, str]] = {
    "entry": "entry point",
    "callee": "called by",
    "caller": "calls",
    "base": "base of",
    "derived": "derives from",
    "used": "used by",
    "user": "uses",
    "container": "contains",
    "member": "member of",
}


@dataclass(frozen=True, slots=True)
class Pulled:
    """A node that gravity has reached."""

    node: int
    relevance: float
    distance: float
    """1.0 for an entry point; every hop adds 1 / confidence."""
    hops: int
    reached_from: int
    """The node through which it was reached; itself for an entry point."""
    via: Via

    def reason(self, origin: str) -> str:
        """``called by Server.start``, where ``origin`` names ``reached_from``."""
        return REASONS[self.via] if self.via == "entry" else f"{REASONS[self.via]} {origin}"


def expand(
    snapshot: Snapshot,
    entries: Sequence[tuple[int, float]],
    *,
    limit: int,
    scores: Mapping[int, float] | None = None,
    most_hops: int = MOST_HOPS,
    otherwise: float = UNKNOWN_SCORE,
    vector: bytes | None = None,
) -> list[Pulled]:
    """Expand from (node, semantic score) entries; entries are part of the result.

    The semantic score of another node is that of ``scores``, else its cosine with ``vector`` (a unit vector of
    ``snapshot.dimensions`` float32), else ``otherwise``; all 0 to 1. Raises IndexError when the graph has no such
    entry, ValueError for a vector of another length.
    """
    rows = snapshot.gravity(
        entries, limit=limit, most_hops=most_hops, scores=scores or {}, otherwise=otherwise, vector=vector
    )
    return [
        Pulled(node, relevance, far, hops, origin, cast(Via, via)) for node, relevance, far, hops, origin, via in rows
    ]
