"""Answers about one symbol: which one is meant, what it looks like, who is at the other end of its edges."""

from __future__ import annotations

import difflib

from leindex.errors import AmbiguousSymbol, EmptyQuery, SymbolNotFound
from leindex.legraphe.neighbours import ambiguities, neighbours
from leindex.lepasserelle.fitting import fit, notes_on
from leindex.lepasserelle.reading import Reading
from leindex.lepasserelle.values import Definition, Relations
from leindex.types import Direction, EdgeKind, Symbol

MOST_CANDIDATES = 200
SUGGESTIONS = 3
NEAR = 0.5
"""Similarity of two names from which one may be a misspelling of the other."""
EDGES: tuple[EdgeKind, ...] = ("call", "inheritance", "data_dependency")


def the_one(reading: Reading, name: str) -> Symbol:
    """Return the symbol that a name means.

    Raises:
        EmptyQuery: if the name is blank.
        SymbolNotFound: if nothing bears it.
        AmbiguousSymbol: if several do.
    """
    if not name.strip():
        raise EmptyQuery
    found = reading.store.find(name, MOST_CANDIDATES)
    if not found:
        raise SymbolNotFound(name, suggestions(reading, name))
    if len(found) > 1:
        raise AmbiguousSymbol(name, found)
    return found[0]


def suggestions(reading: Reading, name: str) -> list[str]:
    """Return qualified names that come near a name that does not exist."""
    try:
        hits = reading.search(name, limit=20)
    except EmptyQuery:
        return []
    last = name.replace("::", ".").rpartition(".")[2].lower()

    def nearness(symbol: Symbol) -> float:
        names = (symbol.name.lower(), last), (symbol.qualified_name.lower(), name.lower())
        return max(difflib.SequenceMatcher(None, *pair).ratio() for pair in names)

    near = {hit.symbol.qualified_name: nearness(hit.symbol) for hit in hits}
    ranked = sorted(near, key=lambda each: -near[each])
    return [each for each in ranked if near[each] >= NEAR][:SUGGESTIONS]


def define(reading: Reading, name: str, budget: int) -> Definition:
    """Return a symbol with its source, at most ``budget`` tokens of it.

    Raises:
        SymbolNotFound: if nothing bears the name.
        AmbiguousSymbol: if several symbols do.
    """
    symbol = the_one(reading, name)
    fitted = fit(reading, [(symbol, 1.0, 0)], budget)
    piece = fitted.pieces[0] if fitted.pieces else None
    notes = notes_on(fitted.changed, fitted.missing)
    if piece is None or (piece.detail != "full" and not notes):
        notes.append(f"shown in part; the whole is {symbol.file}:{symbol.start_line}-{symbol.end_line}")
    return Definition(
        symbol=symbol,
        text=piece.text if piece else "",
        detail=piece.detail if piece else None,
        tokens=piece.tokens if piece else 0,
        parent=reading.store.symbol(symbol.parent) if symbol.parent is not None else None,
        members=tuple(reading.store.symbols(reading.snapshot.members(symbol.node))),
        notes=tuple(notes),
    )


def related(reading: Reading, name: str, direction: Direction) -> Relations:
    """Return callers or callees of a symbol: every edge, surest calls first.

    Raises:
        SymbolNotFound: if nothing bears the name.
        AmbiguousSymbol: if several symbols do.
    """
    symbol = the_one(reading, name)
    edges = neighbours(reading.snapshot, reading.store.symbols, symbol.node, direction, EDGES)
    relations = sorted(edges, key=lambda each: EDGES.index(each.kind))
    unresolved = ambiguities(reading.snapshot, symbol.node) if direction == "callees" else []
    return Relations(symbol, direction, tuple(relations), tuple(unresolved))
