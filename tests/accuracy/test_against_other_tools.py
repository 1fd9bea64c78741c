"""Tools that nobody here wrote are the judges of sources that every machine has.

They are the C and Rust of crates which cargo fetched for the engine. lizard lists functions and counts their branches;
universal-ctags, where it is installed, lists definitions. ``python -m benchmarks accuracy`` does the same for all
languages over whole repositories; its table is ``docs/reference/accuracy.md``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from benchmarks.accuracy import Row, measure

TOP = Path(__file__).parents[2]
CRATES = ("tree-sitter", "libmimalloc-sys", "hashbrown")
FLOOR, BY_RULE = 0.99, 0.95
MACROS = {("libmimalloc-sys", "c")}
"""lizard counts branches inside the macros that this library is written in, too."""


@cache
def rows(crate: str) -> list[Row]:
    command = ["cargo", "metadata", "--format-version=1", "--offline", "--locked"]
    said = json.loads(subprocess.run(command, cwd=TOP, capture_output=True, check=True).stdout)
    manifest = next(each["manifest_path"] for each in said["packages"] if each["name"] == crate)
    return list(measure(Path(manifest).parent))


@pytest.mark.parametrize("crate", CRATES)
def test_functions_that_lizard_lists_are_symbols(crate: str) -> None:
    for row in rows(crate):
        if (said := row.complexity) is not None:
            assert said.listed > 5
            assert len(said.missed) <= (1 - FLOOR) * said.listed, said.missed


@pytest.mark.parametrize("crate", CRATES)
def test_complexity_is_that_of_lizard_but_for_what_both_count_on_purpose(crate: str) -> None:
    for row in rows(crate):
        if (said := row.complexity) is not None and (crate, row.language) not in MACROS:
            assert said.share >= BY_RULE, said.unequal


@pytest.mark.skipif(shutil.which("ctags") is None, reason="universal-ctags is not installed")
@pytest.mark.parametrize("crate", CRATES)
def test_definitions_are_those_of_ctags(crate: str) -> None:
    for row in rows(crate):
        if (said := row.definitions) is not None:
            assert said.recall >= FLOOR, said.missed
            assert said.precision >= FLOOR, said.extra
