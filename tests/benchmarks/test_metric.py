"""The metric by which retrieval is reported, on examples that can be worked out by hand."""

from __future__ import annotations

import math

import pytest

from benchmarks.metric import Result, Target, ndcg, rank_of, recall_within


def results(*places: str, tokens: int = 100) -> list[Result]:
    """``a.py`` or ``a.py:10-20``, one per result."""
    found = []
    for place in places:
        path, _, lines = place.partition(":")
        start, _, end = (lines or "1-9").partition("-")
        found.append(Result(path, int(start), int(end), tokens))
    return found


def test_a_target_found_first_is_worth_everything() -> None:
    assert ndcg([Target("a.py")], results("a.py", "b.py")) == 1.0


@pytest.mark.parametrize(("place", "worth"), [(1, 1.0), (2, 1 / math.log2(3)), (10, 1 / math.log2(11)), (11, 0.0)])
def test_a_target_found_later_is_worth_less_and_after_ten_nothing(place: int, worth: float) -> None:
    others = [f"other{number}.py" for number in range(place - 1)]
    assert ndcg([Target("a.py")], results(*others, "a.py")) == pytest.approx(worth)


def test_the_ideal_has_all_targets_on_top() -> None:
    both = [Target("a.py"), Target("b.py")]
    assert ndcg(both, results("b.py", "a.py")) == pytest.approx(1.0), (
        "relevance is binary: the order of targets is free"
    )
    assert ndcg(both, results("a.py", "x.py")) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_only_the_first_result_of_a_file_counts() -> None:
    assert ndcg([Target("a.py"), Target("b.py")], results("a.py", "a.py", "b.py")) == pytest.approx(
        (1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    )


def test_a_target_with_lines_is_found_by_a_result_that_overlaps_them() -> None:
    target = Target("a.py", 20, 30)
    assert rank_of(target, results("a.py:1-19", "a.py:31-40", "a.py:30-35")) == 3
    assert rank_of(target, results("a.py:1-100")) == 1
    assert rank_of(target, results("b.py:20-30")) is None


def test_a_path_from_inside_the_repository_matches_whole_parts_only() -> None:
    assert rank_of(Target("Core.hs"), results("src/MyCore.hs", "src/Core.hs")) == 2


def test_targets_are_read_as_they_are_written() -> None:
    assert Target.read("a.py") == Target("a.py")
    assert Target.read({"path": "a.py", "start_line": 3, "end_line": 9}) == Target("a.py", 3, 9)


def test_recall_counts_what_fits_into_the_budget() -> None:
    targets = [Target("a.py"), Target("c.py")]
    walked = results("a.py", "b.py", "c.py", tokens=100)
    assert [recall_within(targets, walked, budget) for budget in (99, 100, 299, 300)] == [0.0, 0.5, 0.5, 1.0]
