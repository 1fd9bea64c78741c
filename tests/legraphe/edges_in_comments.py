"""Small projects in real source text, with the edges that a line must have in its comment.

``# -> app.db.Session.send 0.95`` behind a line (``//`` where the language has it) says that the symbol this line stands
in has an edge to that target, first on this line, and no other edges from this line. Targets are qualified names;
several are separated by commas, ``nothing`` means none and ``14 candidates`` an ambiguity without edges.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from leindex.legraphe.native import Program, Snapshot
from leindex.legraphe.program import Assembly, StoredFacts, edge_rows
from leindex.leparse.languages import languages
from leindex.leparse.native import parse_source

EXPECTATION = re.compile(r"(?:#|//|/\*) -> ([^*\n]+)")


@dataclass(frozen=True)
class Project:
    """A program made from source texts."""

    program: Program
    nodes: list[tuple[Any, ...]]
    sources: dict[str, str]

    @property
    def edges(self) -> list[tuple[Any, ...]]:
        """All rows of edges."""
        return [row for values in edge_rows(self.program) for row in rows_of(values, 5)]

    def names(self) -> dict[int, str]:
        """Qualified names by node."""
        return {row[0]: row[8] for row in self.nodes}

    def node(self, qualified: str) -> int:
        """The one node of a qualified name."""
        (node,) = [node for node, name in self.names().items() if name == qualified]
        return node

    def saved(self, folder: Path) -> Snapshot:
        """The snapshot of the program."""
        self.program.save(folder / "snapshot.bin", 1)
        return Snapshot.open(folder / "snapshot.bin")


def project(sources: dict[str, str]) -> Project:
    """Parse and assemble files by path."""
    texts = {path: dedent(text).lstrip("\n") for path, text in sorted(sources.items())}
    with Assembly(stored(texts), languages().traits()) as assembly:
        nodes = [row for values in assembly.node_rows() for row in rows_of(values, 20)]
        return Project(assembly.program(), nodes, texts)


def rows_of(values: tuple[Any, ...], width: int) -> list[tuple[Any, ...]]:
    """Take rows apart that stand one behind the other."""
    return [values[start : start + width] for start in range(0, len(values), width)]


def stored(sources: dict[str, str]) -> list[StoredFacts]:
    """Facts of files by path, as the store gives them."""
    facts = []
    for path, text in sources.items():
        language = languages().for_path(path)
        assert language is not None, path
        parsed = parse_source(path, text.encode(), languages()[language].native)
        assert parsed.syntax_errors == 0, f"{path} has syntax errors"
        facts.append((path, language, parsed.flags, parsed.facts))
    return facts


def check(sources: dict[str, str], folder: Path) -> None:
    """Compare the edges from every line that says what it expects."""
    made = project(sources)
    snapshot = made.saved(folder)
    names = made.names()
    found: dict[tuple[str, int], list[str]] = {}
    files = {row[0]: row[1] for row in made.nodes}
    for source, target, _, confidence, line in made.edges:
        found.setdefault((files[source], line), []).append(f"{names[target]} {confidence:g}")
    for node, path in files.items():
        for _, _, candidates, line in snapshot.unresolved(node):
            found.setdefault((path, line), []).append(f"{candidates} candidates")
    wanted = {}
    for path, text in made.sources.items():
        for number, line in enumerate(text.splitlines(), 1):
            if expected := EXPECTATION.search(line):
                wanted[path, number] = sorted(part.strip() for part in expected.group(1).split(","))
    assert wanted, "a project that expects nothing tests nothing"
    got = {place: sorted(found.get(place, ["nothing"])) for place in wanted}
    complaints = [
        f"{path}:{line}: expected {expected}, found {got[path, line]}"
        for (path, line), expected in wanted.items()
        if got[path, line] != expected
    ]
    assert not complaints, "\n" + "\n".join(complaints)
