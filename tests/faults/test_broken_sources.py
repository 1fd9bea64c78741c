"""Sources that no compiler would take: the parser comes back, and finds what is sound around them.

A short run of chance for each grammar; ``python -m tests.faults.broken_sources all 60`` is a long one. With
``BROKEN_SOURCES=large`` a line of fifty megabytes and a million brackets are tried, too.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leindex import LeIndex
from leindex.leparse.languages import languages
from leindex.leparse.native import describe_facts, parse_source
from tests.faults.broken_sources import NAMES, extension, in_a_process, sources
from tests.lepasserelle.projects import index, write

SECONDS, *SIZES = (
    (60.0, 10, 1_000_000, 50 << 20) if os.environ.get("BROKEN_SOURCES") == "large" else (0.3, 0.1, 50_000, 1 << 17)
)

SOUND_AND_BROKEN = {
    "bash": ("NAME() {\n  echo 1\n}\n", "broken() {\n  if [ 1 ; then (\n}\n"),
    "bats": ("NAME() {\n  echo 1\n}\n", "broken() {\n  if [ 1 ; then (\n}\n"),
    "c": ("int NAME(int a) {\n  return a;\n}\n", "int broken(int a) {\n  return (a + ;\n}\n"),
    "cpp": ("int NAME(int a) {\n  return a;\n}\n", "int broken(int a) {\n  return (a + ;\n}\n"),
    "csharp": ("class NAME {\n  int A() { return 1; }\n}\n", "class Broken {\n  int B() { return (1 + ; }\n}\n"),
    "dart": ("int NAME(int a) {\n  return a;\n}\n", "int broken(int a) {\n  if (a { return 1; }\n}\n"),
    "elixir": ("defmodule NAME do\n  def a, do: 1\nend\n", "defmodule Broken do\n  def b( do: ]\nend\n"),
    "go": ("func NAME(a int) int {\n\treturn a\n}\n", "func broken(a int) int {\n\treturn (a +\n}\n"),
    "haskell": ("NAME :: Int -> Int\nNAME a = a\n\n", "broken :: Int ->\nbroken a = a +\n\n"),
    "html": (
        "<script>\nfunction NAME() { return 1 }\n</script>\n",
        "<script>\nfunction broken( { return (\n</script>\n",
    ),
    "java": ("class NAME {\n  int a() { return 1; }\n}\n", "class Broken {\n  int b() { return (1 + ; }\n}\n"),
    "javascript": ("function NAME(a) {\n  return a\n}\n", "function broken(a) {\n  return (a +\n}\n"),
    "kotlin": ("fun NAME(a: Int): Int {\n  return a\n}\n", "fun broken(a: Int): Int {\n  return (a + \n}\n"),
    "lua": ("function NAME(a)\n  return a\nend\n", "function broken(a)\n  return a +\nend\n"),
    "php": (
        "<?php\nfunction NAME($a) {\n  return $a;\n}\n?>\n",
        "<?php\nfunction broken($a) {\n  return ($a + ;\n}\n?>\n",
    ),
    "python": ("def NAME(a):\n    return a\n\n", "def broken(a):\n    return a +\n\n"),
    "ruby": ("def NAME(a)\n  a\nend\n", "def broken(a)\n  a = = 1\nend\n"),
    "rust": ("fn NAME(a: u8) -> u8 {\n    a\n}\n", "fn broken(a: u8) -> u8 {\n    (a +\n}\n"),
    "scala": ("def NAME(a: Int): Int = {\n  a\n}\n", "def broken(a: Int): Int = {\n  (a +\n}\n"),
    "swift": ("func NAME(a: Int) -> Int {\n  return a\n}\n", "func broken(a: Int) -> Int {\n  return (a +\n}\n"),
    "tsx": ("function NAME(a: number) {\n  return a\n}\n", "function broken(a: number) {\n  return (a +\n}\n"),
    "typescript": ("function NAME(a: number) {\n  return a\n}\n", "function broken(a: number) {\n  return (a +\n}\n"),
    "zig": ("fn NAME(a: u8) u8 {\n    return a;\n}\n", "fn broken(a: u8) u8 {\n    return (a + ;\n}\n"),
}


def symbols(language: str, source: bytes) -> list[tuple[str, str, int]]:
    parsed = parse_source(f"src/a{extension(language)}", source, languages()[language].native)
    return [(row["kind"], row["name"], row["lines"][0]) for row in describe_facts(parsed.facts)["symbols"]]


@pytest.mark.parametrize("language", NAMES)
def test_no_source_crashes_hangs_or_gives_facts_that_are_not_in_it(language: str) -> None:
    wrong = in_a_process(language, SECONDS, 1, *SIZES)
    assert not wrong, wrong


@pytest.mark.parametrize("language", NAMES)
def test_what_stands_before_and_behind_something_broken_is_found(language: str) -> None:
    sound, broken = SOUND_AND_BROKEN[language]
    before, behind = ("First", "Last") if "class" in sound or "defmodule" in sound else ("first", "last")
    source = sound.replace("NAME", before) + broken + sound.replace("NAME", behind)
    parsed = parse_source(f"src/a{extension(language)}", source.encode(), languages()[language].native, diagnostics=9)
    names = {row["name"] for row in describe_facts(parsed.facts)["symbols"]}
    assert {before, behind} <= names
    first, last = (1 + text.count("\n") for text in (sound, sound + broken))
    assert any(first <= line <= last + 1 for line, *_ in parsed.diagnostics), parsed.diagnostics


@pytest.mark.parametrize("language", NAMES)
def test_a_mark_at_the_start_and_carriage_returns_change_no_symbol(language: str) -> None:
    for source in sources(language):
        usual = symbols(language, source)
        assert symbols(language, source.replace(b"\n", b"\r\n")) == usual
        if not source.startswith((b"#!", b"<", b"---")):
            assert symbols(language, b"\xef\xbb\xbf" + source) == usual


def test_a_file_that_takes_its_grammar_too_long_is_kept_as_text_and_told(tmp_path: Path) -> None:
    slow = "def f():\n    return 'words to be found'\n" * 20_000
    write(tmp_path, {"slow.py": slow, "quick.py": "def quick(): pass\n"})
    report = index(tmp_path, max_parse_seconds=0)
    assert [(skip.file, skip.reason) for skip in report.skipped] == [("slow.py", "slow-to-parse")]
    assert report.skipped[0].detail == "not parsed within 0 s; kept as text"
    assert report.files == 2
    with LeIndex(tmp_path) as project:
        assert {hit.file for hit in project.search("words to be found")} == {"slow.py"}
