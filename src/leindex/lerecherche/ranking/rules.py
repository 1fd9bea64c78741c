"""What a symbol is called and what it is: the rules that raise and lower scores, as two tables.

A boost says how strongly it holds, from 0 to 1; it adds that share of its weight. Boosts of a file look at nothing but
the path. A penalty says whether it holds, and multiplies. To add a rule, write its condition and a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from posixpath import basename, dirname, splitext

from leindex.lerecherche.native import split_identifier
from leindex.lerecherche.ranking import weights
from leindex.lerecherche.ranking.candidates import Pool, subject_of
from leindex.types import Symbol

_TYPES = frozenset({"class", "struct", "interface", "trait", "enum"})
_GENERATED, _TEST, _VENDORED, _EXAMPLE = 1, 2, 4, 8  # bits of Symbol.file_flags
_PROSE = frozenset({".md", ".markdown", ".mdx", ".rst", ".adoc", ".org", ".html", ".tex"})
_DATA = frozenset({"", ".txt", ".json", ".yaml", ".yml", ".toml", ".xml", ".csv", ".ini", ".cfg", ".csproj", ".css"})
_TEST_OWNERS = frozenset({"test", "tests"})
_UNNAMED = frozenset({"module", "section"})  # called after their file or their first line: that is no name in code
_OTHER_CASE = 0.8  # `client` for `Client`: probably, but the exact one goes first
_FOLDERS = 2  # how many folders above the file are compared; those further up are the same for everything


@dataclass(frozen=True, slots=True)
class Boost:
    """A reason to prefer a symbol."""

    weight: float
    strength: Callable[[Pool, Symbol], float]
    """From 0, does not hold, to 1."""
    reason: Callable[[Symbol], str]


@dataclass(frozen=True, slots=True)
class Penalty:
    """A reason to show a symbol later."""

    factor: float
    holds: Callable[[Pool, Symbol], bool]
    reason: str


def _is_asked_for(pool: Pool, symbol: Symbol) -> float:
    return max((_sameness(name, symbol) for name in pool.query.whole), default=0.0)


def _is_named(pool: Pool, symbol: Symbol) -> float:
    return max((_sameness(name, symbol) for name in pool.query.names), default=0.0)


def _sameness(wanted: str, symbol: Symbol) -> float:
    pieces = [piece for piece in wanted.replace("::", ".").replace("->", ".").replace("#", ".").split(".") if piece]
    if not pieces or symbol.kind in _UNNAMED:
        return 0.0
    if len(pieces) > 1:
        whole = symbol.qualified_name.replace("::", ".").lower()
        return 1.0 if ("." + whole).endswith("." + ".".join(pieces).lower()) else 0.0
    if pieces[0] == symbol.name:
        return 1.0
    return _OTHER_CASE if pieces[0].lower() == symbol.name.lower() else 0.0


def _said_name(pool: Pool, symbol: Symbol) -> float:
    return 0.0 if symbol.kind == "module" else pool.said(symbol.name)


def _written_together(pool: Pool, symbol: Symbol) -> float:
    return 0.0 if symbol.kind in _UNNAMED else _together(pool, symbol.name)


def _together(pool: Pool, name: str) -> float:
    words = split_identifier(name)
    return 1.0 if len(words) > 1 and "".join(words) in pool.query.pairs else 0.0


def _type(pool: Pool, symbol: Symbol) -> float:
    return 1.0 if symbol.kind in _TYPES and pool.said(symbol.name) > 0 else 0.0


def _kind(pool: Pool, symbol: Symbol) -> float:
    return 1.0 if symbol.kind in pool.query.kinds else 0.0


def _said_file(pool: Pool, symbol: Symbol) -> float:
    return pool.said(subject_of(symbol.file))


def _file_together(pool: Pool, symbol: Symbol) -> float:
    stem = subject_of(symbol.file)
    named = stem.lower() in pool.query.last_names or stem.lower() == pool.query.text.strip().lower()
    return 1.0 if named else _together(pool, stem)


def _said_folder(pool: Pool, symbol: Symbol) -> float:
    folders = symbol.file.split("/")[:-1][-_FOLDERS:]
    return max((pool.said(folder) for folder in folders), default=0.0)


NAME_BOOSTS: tuple[Boost, ...] = (
    Boost(weights.ASKED_FOR, _is_asked_for, lambda symbol: f"is {symbol.name}"),
    Boost(weights.NAMED, _is_named, lambda symbol: f"is named {symbol.name}"),
    Boost(weights.SAID_NAME, _said_name, lambda symbol: f"name {symbol.name}"),
    Boost(weights.WRITTEN_TOGETHER, _written_together, lambda symbol: f"name {symbol.name}"),
    Boost(weights.TYPE, _type, lambda symbol: f"a {symbol.kind}"),
    Boost(weights.KIND, _kind, lambda symbol: f"a {symbol.kind}"),
)
FILE_BOOSTS: tuple[Boost, ...] = (
    Boost(weights.SAID_FILE, _said_file, lambda symbol: f"file {basename(symbol.file)}"),
    Boost(weights.FILE_TOGETHER, _file_together, lambda symbol: f"file {basename(symbol.file)}"),
    Boost(weights.SAID_FOLDER, _said_folder, lambda symbol: f"folder {basename(dirname(symbol.file))}"),
)


def _flagged(bit: int, want: str) -> Callable[[Pool, Symbol], bool]:
    return lambda pool, symbol: bool(symbol.file_flags & bit) and want not in pool.query.wants


def _tests_inside(pool: Pool, symbol: Symbol) -> bool:
    """Say whether a symbol stands in a part of its file called tests: some languages keep them beside the code."""
    if "test" not in symbol.qualified_name or symbol.file_flags & _TEST or "test" in pool.query.wants:
        return False
    return not _TEST_OWNERS.isdisjoint(re.split(r"\W+", symbol.qualified_name)[:-1])


def _written_in(suffixes: frozenset[str]) -> Callable[[Pool, Symbol], bool]:
    return lambda pool, symbol: splitext(symbol.file)[1] in suffixes and "text" not in pool.query.wants


PENALTIES: tuple[Penalty, ...] = (
    Penalty(weights.TEST_FACTOR, _flagged(_TEST, "test"), "in a test"),
    Penalty(weights.TEST_FACTOR, _tests_inside, "in a test"),
    Penalty(weights.EXAMPLE_FACTOR, _flagged(_EXAMPLE, "example"), "in an example"),
    Penalty(weights.GENERATED_FACTOR, _flagged(_GENERATED, "generated"), "generated"),
    Penalty(weights.VENDORED_FACTOR, _flagged(_VENDORED, "vendored"), "other people's code"),
    Penalty(weights.PROSE_FACTOR, _written_in(_PROSE), "prose"),
    Penalty(weights.DATA_FACTOR, _written_in(_DATA), "data"),
    Penalty(weights.WHOLE_FILE_FACTOR, lambda _, symbol: symbol.kind == "module", ""),
)


def apply_boosts(pool: Pool) -> None:
    """Add to every candidate what the boosts give it; those of a file are found out once for all its symbols."""
    for candidates in pool.by_file().values():
        of_file = _holding(FILE_BOOSTS, pool, candidates[0].symbol)
        for candidate in candidates:
            for amount, reason in (*_holding(NAME_BOOSTS, pool, candidate.symbol), *of_file):
                candidate.add(amount, reason)


def _holding(boosts: Iterable[Boost], pool: Pool, symbol: Symbol) -> list[tuple[float, str]]:
    strengths = [(boost, boost.strength(pool, symbol)) for boost in boosts]
    return [(boost.weight * strength, boost.reason(symbol)) for boost, strength in strengths if strength > 0]


def apply_penalties(pool: Pool) -> None:
    """Multiply every candidate's score by the factors of the penalties that hold."""
    for candidate in pool.candidates:
        for penalty in PENALTIES:
            if penalty.holds(pool, candidate.symbol):
                candidate.multiply(penalty.factor, penalty.reason)
