"""The rules of the house that no linter knows, so that a broken one names the file and not the reviewer."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.tidy.house import ROOT, relative, tracked

LONGEST_FILE = 450
EMPTY_BY_NATURE = {"py.typed", "__init__.py"}


def first_words(path: Path) -> str:
    """The first paragraph of what a module says about itself: its docstring, or the `//!` comment of a Rust file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".rs":
        said = "\n".join(line[3:].strip() for line in text.splitlines() if line.startswith("//!"))
    else:
        said = ast.get_docstring(ast.parse(text)) or ""
    return said.split("\n\n")[0].strip()


@pytest.mark.parametrize("path", tracked("*.py", "*.rs"), ids=relative)
def test_every_module_begins_with_its_idea(path: Path) -> None:
    if not path.read_text(encoding="utf-8").strip():
        assert path.name in EMPTY_BY_NATURE, f"{relative(path)} is empty"
        return
    if path.is_relative_to(ROOT / "tests" / "fixtures"):
        return
    idea = first_words(path)
    assert len(idea.split()) >= 5, f"{relative(path)} does not say which question it answers"
    assert idea[-1] in ".!?)`:>", f"the idea of {relative(path)} is not a sentence: {idea!r}"


def test_files_stay_short_enough_to_read() -> None:
    lengths = {
        relative(path): path.read_text(encoding="utf-8", errors="replace").count("\n")
        for path in tracked("*.py", "*.rs", "*.pyi")
        if not path.is_relative_to(ROOT / "tests" / "fixtures")
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}
    assert not too_long, f"longer than {LONGEST_FILE} lines: {too_long}"


def test_no_file_names_a_place_on_a_developers_machine() -> None:
    home = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/[\w.-]+/")
    found = [
        f"{relative(path)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        if path.suffix not in {".npz", ".bin", ".npy"} and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if home.search(line)
    ]
    assert not found, "\n".join(found)


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b|\btodo!\(|\bunimplemented!\(")
    found = [
        f"{relative(path)}:{number}: {line.strip()[:100]}"
        for path in tracked("src/*", "rust/*", "scripts/*", "benchmarks/*", "Makefile", ".ci/*")
        if path.suffix in {".py", ".rs", ".pyi", ".sh", ".toml", ""}
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if later.search(line)
    ]
    assert not found, "\n".join(found)
