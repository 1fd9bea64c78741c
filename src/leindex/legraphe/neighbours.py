"""Who calls a symbol, what it calls, and what it calls without our knowing which one is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from leindex.legraphe.native import Snapshot
from leindex.types import Direction, EdgeKind, Relation, Symbol

Symbols = Callable[[Sequence[int]], Sequence[Symbol]]
"""Turns nodes into symbols, in the order asked; the store does it."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A name that a symbol refers to, borne by too many others to say which."""

    name: str
    kind: EdgeKind
    candidates: int
    """Symbols of the project that bear the name and could be meant."""
    line: int

    def __str__(self) -> str:
        return f"`{self.name}` - {self.candidates} candidates"


def neighbours(
    snapshot: Snapshot,
    symbols: Symbols,
    node: int,
    direction: Direction,
    kinds: Sequence[EdgeKind] = ("call",),
) -> list[Relation]:
    """Relations of a symbol, surest first, then in source order.

    Raises IndexError when the graph has no such node.
    """
    edges = snapshot.edges(node, "out" if direction == "callees" else "in")
    wanted = [edge for edge in edges if edge[1] in kinds]
    wanted.sort(key=lambda edge: (-edge[2], edge[3], edge[0]))
    found = symbols([other for other, *_ in wanted])
    return [
        Relation(symbol=symbol, kind=cast(EdgeKind, kind), confidence=confidence, line=line)
        for symbol, (_, kind, confidence, line) in zip(found, wanted, strict=True)
    ]


def ambiguities(snapshot: Snapshot, node: int) -> list[Ambiguity]:
    """Names that a symbol refers to without an edge, in source order.

    ``Store.find(ambiguity.name)`` lists the candidates. Raises IndexError when the graph has no such node.
    """
    found = [
        Ambiguity(name, cast(EdgeKind, kind), count, line) for name, kind, count, line in snapshot.unresolved(node)
    ]
    return sorted(found, key=lambda it: (it.line, it.name))
