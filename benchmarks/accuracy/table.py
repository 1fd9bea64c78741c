"""How the accuracy suite says what it found: a line, a page of the documentation, and a list of differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.accuracy import Row

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "accuracy.md"
HEAD = """# Accuracy

What LeIndex finds in real sources, beside tools that nobody here wrote. `python -m benchmarks accuracy` makes this
page, as [benchmarks](../guide/benchmarks.md) tells. Python is compared with the standard library's own `ast`, too:
names, lines, parameters, defaults, bases, docstrings and imports of the whole library are equal (`tests/accuracy`).
"""
DEFINITIONS = """
## Definitions, by universal-ctags

Functions, methods, classes and the like, compared by file, name and line over files without syntax errors. *Recall*
is the share of what ctags lists that LeIndex has, *precision* the share of what LeIndex has that is really there.
Differences that are ctags' own are counted apart and explained below; all others count against us. *Broken* files
hold syntax errors for the grammar (macros are most of them); the recall behind their number is that in them.

| language | repository | files | by ctags | ours | recall | precision | explained | broken | recall |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|
"""
COMPLEXITIES = """
## Cyclomatic complexity, by lizard

Functions that both tools find at the same place with the same end. *Equal* counts plain equality; *by rule* also those
that differ by no more than the number of constructs which the tools count differently on purpose, explained below.

| language | repository | functions | equal | by rule | explained |
|---|---|---:|---:|---:|---:|
"""


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if share < 1 else "100 %"


def _where(row: Row) -> str:
    return f"{row.repository} `{row.revision}`" if row.revision else row.repository


def line(row: Row) -> str:
    """One row for the terminal."""
    said, counted = row.definitions, row.complexity
    text = f"{row.language:11} {row.repository:14}"
    if said:
        text += f" definitions: recall {_percent(said.recall):>8} precision {_percent(said.precision):>8}"
        text += f" ({said.required} and {said.ours}, {said.explained.total()} explained)"
    if counted and counted.compared:
        text += f"  complexity: equal {_percent(counted.equal / counted.compared)}, by rule {_percent(counted.share)}"
        text += f" of {counted.compared}"
    return text


def document(rows: Sequence[Row]) -> str:
    """The page of the documentation."""
    text = HEAD + DEFINITIONS
    for row in rows:
        if (said := row.definitions) is not None:
            cells = [said.files, said.required, said.ours, _percent(said.recall), _percent(said.precision)]
            broken = [row.broken.files, _percent(row.broken.recall)] if row.broken else [0, ""]
            text += _cells(row.language, _where(row), *cells, said.explained.total(), *broken)
    text += _reasons((row.language, row.definitions.explained) for row in rows if row.definitions)
    text += COMPLEXITIES
    for row in rows:
        if (counted := row.complexity) is not None and counted.compared:
            cells = [counted.compared, _percent(counted.equal / counted.compared), _percent(counted.share)]
            text += _cells(row.language, _where(row), *cells, counted.explained.total())
    return text + _reasons((row.language, row.complexity.explained) for row in rows if row.complexity)


def _cells(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |\n"


def _reasons(explained: Iterable[tuple[str, Counter[str]]]) -> str:
    totals: dict[str, Counter[str]] = {}
    for language, reasons in explained:
        totals[language] = totals.get(language, Counter()) + reasons
    rows = [
        f"| {language} | {why} | {count} |\n"
        for language, reasons in sorted(totals.items())
        for why, count in reasons.most_common()
    ]
    return "\n| language | why they differ | |\n|---|---|---:|\n" + "".join(rows)


def figures(row: Row) -> dict[str, object]:
    """One row for the results."""
    said, counted = row.definitions, row.complexity
    return {
        "language": row.language,
        "repository": row.repository,
        "revision": row.revision,
        "definitions": said and {"recall": said.recall, "precision": said.precision, "ours": said.ours},
        "complexity": counted and {"by_rule": counted.share, "functions": counted.compared},
    }


def differences(rows: Sequence[Row]) -> str:
    """Everything that nothing explains, for who mends it."""
    return "".join(f"{text}\n" for row in rows for text in _differences(row))


def _differences(row: Row) -> Iterator[str]:
    yield f"# {row.language}, {row.repository}"
    for each in [*row.definitions.missed, *row.definitions.extra] if row.definitions else []:
        yield f"{each.side}: {each.path}:{each.line} {each.kind} {each.name}  | {each.source}"
    for one in row.complexity.unequal if row.complexity else []:
        yield f"complexity: {one.path}:{one.line} {one.name} is {one.ours}, lizard says {one.lizards}"
