"""What LeIndex says of one file, as a judge of definitions and of complexity needs it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leindex.leparse.languages import languages
from leindex.leparse.native import describe_facts, parse_files

MOST_BYTES = 2 << 20  # the default of the setting max_file_bytes
AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Ours:
    """One symbol: its head reaches from its first line to the end of its signature."""

    name: str
    kind: str
    start_line: int
    head_end: int
    end_line: int
    complexity: int
    parameters: int
    around: str
    """Kind of the symbol around it."""
    deep: bool
    """It is indented further than others of its siblings: it stands in something without a name."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One file."""

    path: str
    lines: tuple[str, ...]
    symbols: tuple[Ours, ...]
    docs: tuple[tuple[int, int], ...]
    """First and last lines of documentation."""


def parse(root: Path, paths: Sequence[str], language: str) -> tuple[list[Seen], list[Seen]]:
    """Parse files of one language: those without syntax errors, and those with some. Minified ones are left out."""
    whole: list[Seen] = []
    broken: list[Seen] = []
    for batch in (paths[start : start + AT_ONCE] for start in range(0, len(paths), AT_ONCE)):
        work = [(path, 0, 0) for path in batch]
        parsed = parse_files(root, work, [languages()[language].native], max_bytes=MOST_BYTES)
        for path, file in zip(batch, parsed, strict=True):
            if file.status == "parsed":
                seen = _seen(path, (root / path).read_bytes(), file.facts)
                (broken if file.syntax_errors else whole).append(seen)
    return whole, broken


def _seen(path: str, source: bytes, facts: bytes) -> Seen:
    rows = describe_facts(facts)["symbols"]
    ends = [match.start() for match in re.finditer(rb"\n", source)]
    lines = tuple(source.decode("utf-8", "replace").split("\n"))
    docs = tuple(
        (bisect_left(ends, first) + 1, bisect_left(ends, last) + 1)
        for first, last in (row["doc_bytes"] for row in rows)
        if last > first
    )
    return Seen(path, lines, tuple(_symbols(rows, lines, ends)), docs)


def _symbols(rows: Sequence[Mapping[str, Any]], lines: Sequence[str], ends: Sequence[int]) -> Iterator[Ours]:
    indents = [len(line) - len(line.lstrip()) for line in (lines[row["lines"][0] - 1] for row in rows)]
    usual: dict[int, int] = {}
    for row, indent in zip(rows[1:], indents[1:], strict=True):
        usual[row["parent"]] = min(indent, usual.get(row["parent"], indent))
    for row, indent in zip(rows[1:], indents[1:], strict=True):
        (start, end), (_, head) = row["lines"], row["signature_bytes"]
        yield Ours(
            name=row["name"],
            kind=row["kind"],
            start_line=start,
            head_end=max(start, bisect_left(ends, head) + 1),
            end_line=end,
            complexity=row["complexity"],
            parameters=len(row["parameters"]),
            around=rows[row["parent"]]["kind"] if row["parent"] else "",
            deep=indent > usual[row["parent"]],
        )
