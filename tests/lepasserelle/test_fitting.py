"""The fitting kernel as Python meets it: symbols in, text within the budget out. Its laws are proved in the engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from leindex.types import Symbol
from leindex_rust import build_weighted_context, count_tokens

SOURCE = '''def greet(name):
    """Say hello."""
    return "hello " + name


def main():
    print(greet("world"))
'''


def symbol(name: str, node: int, first: str, last: str, signature: str) -> Symbol:
    start = SOURCE.index(first)
    end = SOURCE.index(last) + len(last)
    return Symbol(
        id=f"app.py::{name}",
        node=node,
        name=name,
        qualified_name=f"app.{name}",
        kind="function",
        language="python",
        file="app.py",
        start_line=SOURCE.count("\n", 0, start) + 1,
        end_line=SOURCE.count("\n", 0, end) + 1,
        start_byte=start,
        end_byte=end,
        signature_start=start,
        signature_end=start + len(signature),
        doc_start=0,
        doc_end=0,
        signature=signature,
        summary="",
        visibility="public",
        complexity=1,
        parent=None,
        file_flags=0,
    )


GREET = symbol("greet", 1, "def greet", '"hello " + name', "def greet(name)")
MAIN = symbol("main", 2, "def main", 'print(greet("world"))', "def main()")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def stamp(project: Path) -> dict[str, tuple[int, int, bytes]]:
    found = (project / "app.py").stat()
    return {"app.py": (found.st_size, found.st_mtime_ns, b"")}


def test_bodies_come_numbered_and_in_source_order(project: Path) -> None:
    fitted = build_weighted_context(str(project), [(MAIN, 1.0, 0), (GREET, 0.5, 1)], 500, stamps=stamp(project))
    assert fitted.text == (
        "Entry points: app.main\n"
        "## app.py\n"
        "1\tdef greet(name):\n"
        '2\t    """Say hello."""\n'
        '3\t    return "hello " + name\n'
        "6\tdef main():\n"
        '7\t    print(greet("world"))\n'
    )
    assert fitted.tokens == count_tokens(fitted.text)
    assert [(piece.candidate, piece.detail, piece.start_line, piece.end_line) for piece in fitted.pieces] == [
        (1, "full", 1, 3),
        (0, "full", 6, 7),
    ]
    assert fitted.omitted == 0


@pytest.mark.parametrize("budget", range(0, 60, 3))
def test_no_budget_is_ever_exceeded(project: Path, budget: int) -> None:
    fitted = build_weighted_context(str(project), [(MAIN, 1.0, 0), (GREET, 0.5, 1)], budget, stamps=stamp(project))
    assert count_tokens(fitted.text) == fitted.tokens <= budget


def test_an_unknown_file_is_treated_as_changed_and_a_lost_one_as_missing(project: Path) -> None:
    elsewhere = replace(MAIN, file="gone.py")
    fitted = build_weighted_context(str(project), [(GREET, 1.0, 0), (elsewhere, 1.0, 0)], 500)
    assert (fitted.changed, fitted.missing) == (["app.py"], ["gone.py"])


def test_bad_arguments_are_refused(project: Path) -> None:
    with pytest.raises(OverflowError):
        build_weighted_context(str(project), [], -1)
    with pytest.raises(AttributeError):
        build_weighted_context(str(project), [("not a symbol", 1.0, 0)], 10)  # type: ignore[list-item]
