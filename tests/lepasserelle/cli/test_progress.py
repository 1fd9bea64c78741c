"""What a moment of an index run looks like, and that nobody draws where nobody watches."""

from __future__ import annotations

import io
import sys

import pytest

from leindex.lepasserelle.cli.progress import LABELS, count, live_progress
from leindex.types import IndexProgress


def test_parsing_counts_files_and_their_speed() -> None:
    assert count(IndexProgress("parse", 1200, 5000, 2.0)) == "1,200 of 5,000 files, 600 files/s"
    assert count(IndexProgress("parse", 0, 5000, 0.0)) == "0 of 5,000 files"


def test_other_stages_count_what_they_have() -> None:
    assert count(IndexProgress("walk", 0, 0, 0.1)) == ""
    assert count(IndexProgress("graph", 30_000, 0, 3.0)) == "30,000"


def test_without_a_terminal_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with live_progress() as progress:
        assert progress is None


def test_a_terminal_sees_the_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with live_progress() as progress:
        assert progress is not None
        progress(IndexProgress("parse", 5, 10, 1.0))
        progress(IndexProgress("done", 10, 10, 2.0))
    assert LABELS["done"] in terminal.getvalue()
