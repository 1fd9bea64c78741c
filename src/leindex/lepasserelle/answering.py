"""From a question to the code that answers it: entry points, what surrounds them, all of it fitted to a budget.

Entry points are the best hits of the search. Around them stand their neighbours in the program graph by gravity, and
the hits that were not quite good enough. The most relevant come first, and the fitting kernel decides how much of each
can be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leindex.legraphe.gravity import expand
from leindex.lepasserelle.fitting import fit, notes_on
from leindex.lepasserelle.native import FittedContext, terms
from leindex.lepasserelle.reading import Reading
from leindex.types import Context, ContextPiece, SearchHit, Symbol

ENTRY_POINTS = 5
"""A question is rarely about more places; more of them leave nothing for what surrounds them."""
ENTRY_FLOOR = 0.6
"""Of the best hit's score; below it a hit is a maybe, and stands behind the neighbours of the sure ones."""
HITS = 60
"""Looked at in all: those that are not shown still say what of the surroundings is to the point."""
MAYBES = 20
NEIGHBOURS = 60
NEAR = 0.9
MAYBE = 0.6
"""Relevance of the strongest neighbour, and of a hit that is no entry point against its own score."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A symbol that may be shown, and why."""

    symbol: Symbol
    relevance: float
    distance: int
    reason: str


def answer(reading: Reading, query: str, budget: int) -> Context:
    """Return the code that answers a question, within a budget of cl100k tokens."""
    hits = reading.search(query, HITS)
    if not hits:
        return _nothing(query, budget)
    best = hits[0].score
    entries = [hit for hit in hits[:ENTRY_POINTS] if hit.score >= ENTRY_FLOOR * best]
    candidates = _ranked(reading, hits, entries)
    asked = [(each.symbol, each.relevance, each.distance) for each in candidates]
    fitted = fit(reading, asked, budget, terms(query))
    notes = notes_on(fitted.changed, fitted.missing)
    if not fitted.text:
        notes.append(f"a budget of {budget} tokens is too small for a single line; ask again with 200 or more")
    return Context(
        query=query,
        budget=budget,
        tokens=fitted.tokens,
        entry_points=tuple(entries),
        pieces=tuple(_pieces(fitted, candidates)),
        text=fitted.text,
        omitted=fitted.omitted,
        notes=tuple(notes),
    )


def _nothing(query: str, budget: int) -> Context:
    note = "nothing in the index matches; ask with other words, or with names from the code"
    return Context(query, budget, 0, (), (), "", 0, (note,))


def _ranked(reading: Reading, hits: Sequence[SearchHit], entries: Sequence[SearchHit]) -> list[Candidate]:
    """Entry points in their order, then everything else by relevance; of two reasons for a symbol the better stays."""
    best = hits[0].score
    chosen = {hit.symbol.node: Candidate(hit.symbol, hit.score / best, 0, "entry point") for hit in entries}
    maybes = hits[len(entries) : MAYBES]
    others = [Candidate(hit.symbol, MAYBE * hit.score / best, 1, _also(hit)) for hit in maybes]
    others += _neighbours(reading, hits, entries)
    others.sort(key=lambda each: (-each.relevance, each.symbol.node))
    for each in others:
        chosen.setdefault(each.symbol.node, each)
    return list(chosen.values())


def _neighbours(reading: Reading, hits: Sequence[SearchHit], entries: Sequence[SearchHit]) -> Iterator[Candidate]:
    """What gravity pulls in around the entry points; the search's own scores say what else the question is about."""
    best = hits[0].score
    pulled = expand(
        reading.snapshot,
        [(hit.symbol.node, hit.score / best) for hit in entries],
        limit=NEIGHBOURS,
        scores={hit.symbol.node: hit.score / best for hit in hits},
    )
    symbols = {symbol.node: symbol for symbol in reading.store.symbols(sorted({each.node for each in pulled}))}
    strongest = max((each.relevance for each in pulled if each.hops), default=1.0)
    for each in pulled:
        symbol = symbols.get(each.node)
        if each.hops and symbol and symbol.kind != "module":  # that a file holds something is no news
            origin = symbols[each.reached_from].qualified_name if each.reached_from in symbols else "an entry point"
            relevance = NEAR * each.relevance / strongest
            yield Candidate(symbol, relevance, each.hops, each.reason(origin))


def _also(hit: SearchHit) -> str:
    return f"also matches: {hit.why[0]}" if hit.why else "also matches"


def _pieces(fitted: FittedContext, candidates: Sequence[Candidate]) -> Iterator[ContextPiece]:
    for piece in fitted.pieces:
        candidate = candidates[piece.candidate]
        yield ContextPiece(
            symbol=candidate.symbol,
            detail=piece.detail,
            text=piece.text,
            start_line=piece.start_line,
            end_line=piece.end_line,
            tokens=piece.tokens,
            relevance=candidate.relevance,
            distance=candidate.distance,
            reason=candidate.reason,
        )
