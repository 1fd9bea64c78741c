"""What a program took is told for that program alone."""

from __future__ import annotations

import pytest

from benchmarks.processes import run


def test_memory_is_that_of_the_child_and_not_of_those_before_it() -> None:
    large = run(["-c", "held = bytearray(200_000_000)"])
    small = run(["-c", "print('done')"])
    assert large.peak_bytes > 200_000_000 > small.peak_bytes
    assert small.output == "done\n"


def test_a_program_that_fails_says_what_it_wrote() -> None:
    with pytest.raises(RuntimeError, match="no such corpus"):
        run(["-c", "raise SystemExit('no such corpus')"])


def test_settings_reach_the_program() -> None:
    assert run(["-c", "import os; print(os.environ['PLACE'])"], {"PLACE": "here"}).output == "here\n"
