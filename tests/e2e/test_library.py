"""The library from end to end: index a real project, ask, and get the code that answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leindex import LeIndex
from leindex.errors import (
    AmbiguousSymbol,
    EmptyQuery,
    NotAFolder,
    OutOfRange,
    ProjectNotFound,
    SymbolNotFound,
)
from leindex.types import IndexProgress
from leindex_rust import count_tokens


def test_indexing_reports_what_was_read_and_what_was_left_out(project: Path) -> None:
    moments: list[IndexProgress] = []
    with LeIndex(project) as index:
        report = index.index(moments.append)
    assert report.languages["python"] == 5
    assert report.parsed == report.files + len(report.skipped)
    assert [(each.file, each.reason) for each in report.skipped] == [("data.txt", "binary")]
    stages = [moment.stage for moment in moments]
    assert stages == sorted(stages, key=["walk", "parse", "graph", "store", "done"].index)
    assert stages[-1] == "done"


def test_a_second_run_parses_only_what_changed(project: Path) -> None:
    with LeIndex(project) as index:
        files = index.index().parsed
        (project / "webclient" / "cache.py").write_text("def forget():\n    pass\n", encoding="utf-8")
        again = index.index()
        assert (again.parsed, again.unchanged) == (1, files - 1)
        assert index.show("forget").text == "1\tdef forget():\n2\t    pass\n"


def test_the_first_question_indexes_by_itself(project: Path) -> None:
    with LeIndex(project) as index:
        assert not index.is_indexed()
        assert index.search("connection pool")
        assert index.is_indexed()


def test_search_finds_symbols_with_their_place_and_reasons(indexed: Path) -> None:
    with LeIndex(indexed) as index:
        hits = index.search("connection pool", limit=3)
    assert len(hits) <= 3
    first = hits[0]
    assert (first.symbol.name, first.file) == ("ConnectionPool", "webclient/pool.py")
    assert (first.start_line, first.end_line) == (6, 26)
    assert first.why
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_question_is_answered_with_code_and_its_surroundings(indexed: Path) -> None:
    with LeIndex(indexed) as index:
        context = index.analyze("how does connection pooling work", budget=1500)
    assert "13\t    def acquire(self, host):\n" in context.text
    assert "## webclient/pool.py\n" in context.text
    assert context.tokens == count_tokens(context.text) <= 1500
    assert context.entry_points
    shown = {piece.symbol.qualified_name: piece for piece in context.pieces}
    around = [piece for piece in shown.values() if piece.distance > 0]
    assert around, "neighbours are shown too"
    assert all(piece.reason for piece in context.pieces)


@pytest.mark.parametrize("budget", [1, 20, 60, 150, 400, 3000])
def test_no_budget_is_exceeded_and_no_line_is_cut(indexed: Path, budget: int) -> None:
    with LeIndex(indexed) as index:
        context = index.analyze("fetch a page over a pooled connection", budget=budget)
    assert context.tokens == count_tokens(context.text) <= budget
    assert not context.text or context.text.endswith("\n")
    assert context.text or "too small" in context.notes[0]


def test_callers_and_callees_are_two_ends_of_the_same_edges(indexed: Path) -> None:
    with LeIndex(indexed) as index:
        callers = index.callers("ConnectionPool.acquire")
        callees = index.callees("Session.get")
    assert [each.symbol.qualified_name for each in callers.relations if each.kind == "call"] == [
        "webclient.session.Session.get"
    ]
    called = {each.symbol.name for each in callees.relations if each.kind == "call"}
    assert {"acquire", "release"} <= called


def test_show_gives_the_source_and_the_members(indexed: Path) -> None:
    with LeIndex(indexed) as index:
        shown = index.show("ConnectionPool")
    assert shown.detail == "full"
    assert [member.name for member in shown.members] == ["__init__", "acquire", "release"]
    assert shown.text.startswith("6\tclass ConnectionPool:\n")
    assert shown.parent is not None and shown.parent.kind == "module"


def test_a_large_symbol_is_shown_within_the_budget(indexed: Path) -> None:
    with LeIndex(indexed) as index:
        shown = index.show("ConnectionPool", budget=60)
    assert shown.detail != "full"
    assert shown.tokens <= 60
    assert shown.notes == ("shown in part; the whole is webclient/pool.py:6-26",)


def test_an_ambiguous_name_lists_every_bearer_and_takes_an_exact_one(indexed: Path) -> None:
    with LeIndex(indexed) as index:
        with pytest.raises(AmbiguousSymbol) as caught:
            index.show("get")
        ids = {symbol.id for symbol in caught.value.candidates}
        assert ids == {"webclient/session.py::Session.get", "webclient/cache.py::Cache.get"}
        assert all(each in str(caught.value) for each in ids)
        assert index.show("Cache.get").symbol.file == "webclient/cache.py"
        assert [index.show(each).symbol.id for each in sorted(ids)] == sorted(ids)


def test_an_unknown_name_suggests_its_neighbours(indexed: Path) -> None:
    with LeIndex(indexed) as index, pytest.raises(SymbolNotFound) as caught:
        index.callers("ConnectionPol.acquire")
    assert "ConnectionPool" in str(caught.value)


@pytest.mark.parametrize("query", ["", " ", "?!", "\n\t"])
def test_a_query_without_a_word_is_refused(indexed: Path, query: str) -> None:
    with LeIndex(indexed) as index:
        for ask in (index.search, index.analyze):
            with pytest.raises(EmptyQuery):
                ask(query)


def test_numbers_that_no_answer_can_meet_are_refused(indexed: Path) -> None:
    with LeIndex(indexed) as index:
        with pytest.raises(OutOfRange, match="budget must be a whole number from 1"):
            index.analyze("pool", budget=0)
        with pytest.raises(OutOfRange, match="limit"):
            index.search("pool", limit=-3)


def test_a_missing_path_and_a_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ProjectNotFound):
        LeIndex(tmp_path / "nowhere")
    with pytest.raises(NotAFolder):
        LeIndex(tmp_path / "notes.txt")


def test_a_folder_inside_an_indexed_project_is_that_project(indexed: Path) -> None:
    with LeIndex(indexed / "webclient") as index:
        assert index.root == indexed
        assert index.search("backoff")[0].file == "retry/retry.py"


def test_a_repository_inside_an_indexed_project_is_its_own(indexed: Path, tmp_path: Path) -> None:
    with LeIndex(tmp_path) as outer:
        outer.index()
    inner = tmp_path / "inner"
    (inner / ".git").mkdir(parents=True)
    assert LeIndex(inner).root == inner


def test_status_before_and_after(project: Path) -> None:
    with LeIndex(project) as index:
        assert index.status().generation == 0
        report = index.index()
        status = index.status()
    assert (status.files, status.symbols, status.edges) == (report.files, report.symbols, report.edges)
    assert status.skipped == {"binary": 1}
    assert status.kinds["class"] == 4
    assert status.bytes_on_disk > 0


def test_edited_files_are_noted_and_indexed_again_on_request(project: Path) -> None:
    with LeIndex(project) as index:
        index.index()
        path = project / "webclient" / "pool.py"
        path.write_text("# a new first line\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
        stale = index.analyze("connection pool", budget=800)
        assert any("webclient/pool.py changed" in note for note in stale.notes)
        index.index()
        fresh = index.analyze("connection pool", budget=800)
    assert not fresh.notes
    assert "7\tclass ConnectionPool:\n" in fresh.text


def test_many_threads_may_ask_while_one_indexes(project: Path) -> None:
    with LeIndex(project) as index:
        index.index()
        stop = threading.Event()

        def keep_indexing() -> int:
            runs = 0
            while not stop.is_set():
                (project / "webclient" / "extra.py").write_text(f"x = {runs}\n", encoding="utf-8")
                index.index()
                runs += 1
            return runs

        def keep_asking() -> list[str]:
            return [index.search("connection pool")[0].symbol.name for _ in range(15)]

        with ThreadPoolExecutor(4) as threads:
            indexing = threads.submit(keep_indexing)
            answers = [threads.submit(keep_asking) for _ in range(3)]
            try:
                names = {name for answer in answers for name in answer.result()}
            finally:
                stop.set()
            assert indexing.result() >= 1
    assert names == {"ConnectionPool"}


def test_threads_that_ask_first_index_once(project: Path) -> None:
    with LeIndex(project) as index, ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda _: index.ensure_indexed(), range(4)))
    assert len([report for report in reports if report is not None]) == 1


def test_a_lost_snapshot_is_made_again_at_the_next_question(project: Path) -> None:
    with LeIndex(project) as index:
        index.index()
    (lost,) = (project / ".leindex").glob("snapshot-*.bin")
    lost.unlink()
    with LeIndex(project) as index:
        assert not index.is_indexed()
        assert index.search("connection pool")[0].symbol.name == "ConnectionPool"


def test_a_blank_name_is_refused_and_a_nonsense_name_has_no_neighbours(indexed: Path) -> None:
    with LeIndex(indexed) as index:
        with pytest.raises(EmptyQuery):
            index.show(" ")
        with pytest.raises(SymbolNotFound, match="search for it by what it does"):
            index.show("???")


def test_a_file_that_is_gone_is_shown_from_the_index(project: Path) -> None:
    with LeIndex(project) as index:
        index.index()
        (project / "webclient" / "cache.py").unlink()
        shown = index.show("Cache.get")
    assert shown.text == "5\tdef get(self, key)\n"
    assert "webclient/cache.py cannot be read any more" in shown.notes[0]
