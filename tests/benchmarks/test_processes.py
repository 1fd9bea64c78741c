"""What a program took is told for that program alone."""

from __future__ import annotations

import pytest

from benchmarks.processes import run


def test_memory_is_that_of_the_child_and_not_of_those_before_it() -> None:
    # From a small process, as the benchmarks are one: a child begins with the size of the one that starts it.
    measure = """
from benchmarks.processes import run
print(run(["-c", "held = bytearray(200_000_000)"]).peak_bytes, run(["-c", "print('done')"]).peak_bytes)
"""
    large, small = map(int, run(["-c", measure]).output.split())
    assert large > 200_000_000 > small


def test_what_a_program_writes_is_kept() -> None:
    assert run(["-c", "print('done')"]).output == "done\n"


def test_a_program_that_fails_says_what_it_wrote() -> None:
    with pytest.raises(RuntimeError, match="no such corpus"):
        run(["-c", "raise SystemExit('no such corpus')"])


def test_settings_reach_the_program() -> None:
    assert run(["-c", "import os; print(os.environ['PLACE'])"], {"PLACE": "here"}).output == "here\n"
