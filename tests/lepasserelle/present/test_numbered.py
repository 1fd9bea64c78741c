"""Numbered lines of a context are read back as headings, runs and gaps."""

from __future__ import annotations

from leindex.lepasserelle.present.numbered import Heading, Run, harmless, read


def test_headings_runs_and_gaps_are_told_apart() -> None:
    text = "Entry points: a\n## a.py\n3\tx = 1\n4\ty = 2\n...\n9\tz = 3\n"
    assert list(read(text)) == [
        Heading("Entry points: a", is_file=False),
        Heading("a.py", is_file=True),
        Run(3, ("x = 1", "y = 2")),
        Run(9, ("z = 3",)),
    ]


def test_a_jump_without_a_gap_is_empty_lines() -> None:
    assert list(read("3\tx = 1\n6\ty = 2\n")) == [Run(3, ("x = 1", "", "", "y = 2"))]


def test_two_symbols_on_one_line_both_stay() -> None:
    assert list(read("3\tclass A\n3\tclass B\n")) == [Run(3, ("class A", "class B"))]


def test_control_characters_are_replaced_and_tabs_kept() -> None:
    assert harmless("a\tb\x1b[2Jc\x07") == "a\tb\N{REPLACEMENT CHARACTER}[2Jc\N{REPLACEMENT CHARACTER}"
