"""Which of two symbols goes first, and why: each rule shown on a project small enough to see through."""

from __future__ import annotations

import pytest

from leindex.lerecherche.search import Searcher
from leindex.types import SearchHit
from tests.lerecherche.small_project import SmallProject

GENERATED, TEST, VENDORED, EXAMPLE = 1, 2, 4, 8


def search(question: str, texts: dict[str, str], flags: dict[str, int] | None = None) -> list[SearchHit]:
    project = SmallProject(texts, flags or {})
    return Searcher(project, project, None).search(question)


def first(question: str, texts: dict[str, str], flags: dict[str, int] | None = None) -> str:
    return search(question, texts, flags)[0].symbol.id


def test_the_definition_goes_before_those_who_mention_it() -> None:
    assert first("Pool", {"a.py::use": "Pool Pool Pool", "b.py::Pool:class": "", "c.py::more": "Pool"}) == "b.py::Pool"


def test_an_identifier_inside_a_question_is_that_identifier() -> None:
    texts = {"a.py::run_all": "retry retry retry", "b.py::retry_once": "calls"}
    assert first("where does retry_once give up", texts) == "b.py::retry_once"


def test_the_exact_case_goes_before_another_case() -> None:
    assert first("Client", {"a.py::client": "", "b.py::Client:class": ""}) == "b.py::Client"


def test_a_qualified_name_does_not_match_another_owner() -> None:
    hits = search("Session.get", {"a.py::Session.get": "", "b.py::Request.get": ""})
    assert hits[0].symbol.id == "a.py::Session.get"


def test_words_written_together_are_found_in_one_name() -> None:
    texts = {"a.py::connection": "pool", "b.py::ConnectionPool:class": ""}
    assert first("connection pool", texts) == "b.py::ConnectionPool"


def test_a_file_named_after_the_subject_goes_first() -> None:
    assert first(
        "websocket frames", {"main.py::read": "websocket frames", "websocket.py::read": "websocket frames"}
    ) == ("websocket.py::read")


def test_a_word_that_stands_everywhere_names_no_file() -> None:
    common = {f"f{number}.py::step{number}": "plugin" for number in range(20)}
    texts = {**common, "plugin.py::run": "plugin semver", "compare.py::semver": "plugin semver"}
    assert first("plugin semver", texts) == "compare.py::semver"


def test_a_file_with_all_the_words_goes_before_one_with_one_of_them_often() -> None:
    texts = {
        "often.py::a": "cookie",
        "often.py::b": "cookie",
        "all.py::a": "cookie",
        "all.py::b": "expiry",
    }
    assert search("cookie expiry", texts)[0].file == "all.py"


@pytest.mark.parametrize("flag", [GENERATED, TEST, VENDORED, EXAMPLE])
def test_code_that_nobody_asked_for_goes_last_but_is_not_lost(flag: int) -> None:
    texts = {"a.py::check": "retry", "b.py::check": "retry"}
    hits = search("retry", texts, {"a.py": flag})
    assert [hit.file for hit in hits] == ["b.py", "a.py"]


def test_a_question_about_tests_finds_tests() -> None:
    texts = {"test_a.py::check": "test retry", "b.py::check": "retry"}
    assert search("test of retry", texts, {"test_a.py": TEST})[0].file == "test_a.py"


def test_prose_goes_after_code() -> None:
    texts = {"CHANGES.md::Retry:section": "retry", "b.py::retry": "retry"}
    assert search("retry policy", texts)[0].file == "b.py"


def test_one_file_does_not_fill_the_list() -> None:
    crowd = {f"pool.py::pool{number}": "pool pool" for number in range(12)}
    hits = search("pool", {**crowd, "other.py::use": "pool"})
    assert "other.py" in {hit.file for hit in hits}
    assert len(hits) == 10


def test_every_result_says_why() -> None:
    hits = search("reusing connection pools", {"pool.py::ConnectionPool:class": "connection", "b.py::x": "pool"})
    assert "words: connection, pools" in hits[0].why, "as they were asked, not as the index has them"
    assert "name ConnectionPool" in hits[0].why
    assert "file pool.py" in hits[0].why
    assert all(hit.why for hit in hits)


def test_scores_fall_from_first_to_last() -> None:
    hits = search("pool", {f"f{number}.py::a": "pool " * number for number in range(1, 8)})
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_a_file_called_after_its_role_is_known_by_its_folder() -> None:
    texts = {"pool/__init__.py::run": "connection", "cache/__init__.py::run": "connection"}
    assert search("pool of connections", texts)[0].file == "pool/__init__.py"


def test_tests_beside_the_code_go_after_it() -> None:
    texts = {"a.rs::tests.retry": "retry", "b.rs::client.retry": "retry"}
    assert [hit.file for hit in search("how does retry work", texts)] == ["b.rs", "a.rs"]


def test_an_action_is_found_by_its_agent() -> None:
    texts = {"a.py::run": "validation", "validator.py::run": "validation"}
    assert search("validation of input", texts)[0].file == "validator.py"
