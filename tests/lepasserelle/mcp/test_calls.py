"""Progress as one bar that only grows, whatever the stages count."""

from __future__ import annotations

from leindex.lepasserelle.mcp.calls import STAGES, percent
from leindex.types import IndexProgress


def test_the_stages_fill_the_whole_in_their_order() -> None:
    edges = [edge for stage in STAGES.values() for edge in stage]
    assert edges == sorted(edges)
    assert (edges[0], edges[-1]) == (0, 100)


def test_a_moment_lies_within_its_stage() -> None:
    start, end = STAGES["parse"]
    assert percent(IndexProgress("parse", 0, 10, 0.0)) == start
    assert percent(IndexProgress("parse", 10, 10, 1.0)) == end
    assert start < percent(IndexProgress("parse", 5, 10, 1.0)) < end


def test_an_unknown_total_and_a_growing_one_do_no_harm() -> None:
    assert percent(IndexProgress("walk", 500, 0, 0.1)) == 0
    assert percent(IndexProgress("parse", 15, 10, 0.1)) == STAGES["parse"][1]
