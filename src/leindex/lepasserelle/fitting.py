"""Between the store and the fitting kernel: candidates with what the index knows of their files and surroundings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leindex.lepasserelle.native import FittedContext, build_weighted_context
from leindex.lepasserelle.reading import Reading
from leindex.types import Symbol

LISTED_FILES = 3

Candidate = tuple[Symbol, float, int]
"""Symbol, relevance, edges from the nearest entry point."""


def fit(reading: Reading, candidates: Sequence[Candidate], budget: int, terms: Sequence[str] = ()) -> FittedContext:
    """Fit symbols, best first, to a budget of cl100k tokens."""
    symbols = [symbol for symbol, _, _ in candidates]
    return build_weighted_context(
        str(reading.root),
        candidates,
        budget,
        frames=frames_of(reading, symbols),
        stamps=stamps_of(reading, symbols),
        terms=terms,
    )


def stamps_of(reading: Reading, symbols: Iterable[Symbol]) -> dict[str, tuple[int, int, bytes]]:
    """Return size, time and content hash of the symbols' files as they were indexed."""
    records = (reading.store.file(path) for path in sorted({symbol.file for symbol in symbols}))
    return {record.path: (record.size, record.mtime_ns, record.content_hash) for record in records if record}


def frames_of(reading: Reading, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return the symbols around the symbols, modules aside, which are not among them."""
    known = {symbol.node for symbol in symbols}
    frames: list[Symbol] = []
    wanted = _parents(symbols) - known
    while wanted:
        around = [frame for frame in reading.store.symbols(sorted(wanted)) if frame.kind != "module"]
        frames += around
        known |= wanted
        wanted = _parents(around) - known
    return frames


def _parents(symbols: Sequence[Symbol]) -> set[int]:
    return {symbol.parent for symbol in symbols if symbol.parent is not None}


def notes_on(changed: Sequence[str], missing: Sequence[str]) -> list[str]:
    """Return sentences on files that are not what was indexed."""
    notes = []
    if changed:
        notes.append(f"{_files(changed)} changed since the index was made; run `leindex index` to see the new code")
    if missing:
        notes.append(f"{_files(missing)} cannot be read any more; what is shown comes from the index")
    return notes


def _files(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - LISTED_FILES} more files" if len(paths) > LISTED_FILES else ""
    return ", ".join(paths[:LISTED_FILES]) + more
