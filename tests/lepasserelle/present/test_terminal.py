"""The form for people: everything prints, and nothing in the source can command the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from leindex.lepasserelle.present import terminal
from tests.lepasserelle import examples


def printed(value: object, *, width: int = 120) -> str:
    page = io.StringIO()
    terminal.show(value, Console(file=page, width=width, force_terminal=False, highlight=False))
    return page.getvalue()


@pytest.mark.parametrize("value", examples.ALL, ids=lambda value: type(value).__name__)
def test_every_value_prints_even_in_a_narrow_window(value: object) -> None:
    assert printed(value).strip()
    assert printed(value, width=30).strip()


def test_source_keeps_its_numbers_its_empty_lines_and_its_gaps() -> None:
    lines = [line.rstrip() for line in printed(examples.CONTEXT).splitlines()]
    get = next(index for index, line in enumerate(lines) if "def get(self, url)" in line)
    numbers = [line.split()[0] for line in lines[get : get + 5]]
    assert numbers == ["12", "13", "14", "15", "16"]
    assert "⋮" in lines[get - 1]


def test_control_characters_of_the_source_do_not_reach_the_terminal() -> None:
    assert "\x1b" in examples.TEXT
    assert "\x1b" not in printed(examples.CONTEXT)


def test_an_outline_is_a_tree_that_commands_nothing() -> None:
    lines = printed(examples.OUTLINE).splitlines()
    assert "\x1b" not in printed(examples.OUTLINE)
    expected = {"class Session": 4, "field limit: int = 3": 8, "method get": 8, "function main": 4}
    expected |= {"7:5: unexpected": 0, "9:1: missing `)`": 0}
    assert [line.index(said) for line, said in zip(lines[1:], expected, strict=True)] == list(expected.values())


def test_brackets_in_names_are_no_markup() -> None:
    assert "/tmp/web [old]" in printed(examples.REPORT)


def test_doubt_and_what_did_not_fit_are_said() -> None:
    assert "33%" in printed(examples.CALLERS)
    assert "42 of 500 tokens" in printed(examples.CONTEXT)
    assert "3 more did not fit" in printed(examples.CONTEXT)


def test_a_value_nobody_renders_is_an_error() -> None:
    with pytest.raises(TypeError, match="no terminal form for int"):
        terminal.render(3)
