"""What a reader gets from a published index."""

from __future__ import annotations

from pathlib import Path

import pytest

from leindex.lestockage.store import Store
from leindex.lestockage.writer import StoreWriter
from tests.lestockage.sample import FILES, HTTP, NODES, README, SKIPPED, node, parsed, publish, sample_index


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(sample_index(tmp_path), tmp_path)


def ids(store: Store, name: str, limit: int = 50) -> list[str]:
    return [symbol.id for symbol in store.find(name, limit)]


def test_an_index_that_does_not_exist_reads_like_an_empty_one_and_is_not_made(tmp_path: Path) -> None:
    with Store.open(tmp_path / ".leindex", tmp_path) as store:
        assert store.generation == 0
        assert store.find("Session") == []
        assert store.summary().files == 0
    assert not (tmp_path / ".leindex").exists()


def test_a_symbol_is_what_was_published(store: Store) -> None:
    get = store.symbol(3)
    assert get is not None
    assert (get.id, get.node, get.name, get.qualified_name) == (
        "src/http.py::Session.get",
        3,
        "get",
        "http.Session.get",
    )
    assert (get.kind, get.language, get.file, get.parent) == ("method", "python", HTTP, 2)
    assert (get.start_line, get.end_line, get.start_byte, get.end_byte) == (31, 36, 31, 81)
    assert (get.signature, get.summary, get.visibility, get.complexity) == ("def get(self)", "Says.", "public", 3)


def test_symbols_come_in_the_order_asked_and_unknown_numbers_are_left_out(store: Store) -> None:
    assert [symbol.node for symbol in store.symbols([4, 0, 99, 2])] == [4, 0, 2]
    assert store.symbols([]) == []
    assert store.symbol(99) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("#3", ["src/http.py::Session.get"]),
        ("src/http.py::Session.get", ["src/http.py::Session.get"]),
        ("http.py::get", ["src/http.py::get"]),
        ("http.Session.get", ["src/http.py::Session.get"]),
        ("Session.get", ["src/http.py::Session.get"]),
        ("Session::get", ["src/http.py::Session.get"]),
        ("get", ["src/http.py::Session.get", "src/http.py::get"]),
        (" Session ", ["src/http.py::Session"]),
        ("README.md", ["README.md"]),
        ("http", ["src/http.py"]),
        ("http.py", ["src/http.py"]),
        ("ession.get", []),
        ("Session.", []),
        ("#99", []),
        ("#", []),
        ("::", []),
        ("", []),
    ],
)
def test_a_name_is_read_as_exactly_as_it_can_be(store: Store, name: str, found: list[str]) -> None:
    assert ids(store, name) == found


def test_what_is_ambiguous_is_all_there_up_to_the_limit(store: Store) -> None:
    assert len(ids(store, "get")) == 2
    assert len(ids(store, "get", limit=1)) == 1


def test_the_second_of_a_name_keeps_its_mark(tmp_path: Path) -> None:
    folder = tmp_path / ".leindex"
    with StoreWriter.open(folder, tmp_path) as writer:
        writer.put_files([parsed("a.c", 3)])
        twice = [
            node(0, "a.c", "", "module", None, "a"),
            *(node(n, "a.c", f"f{'~2' * (n - 1)}", "function", 0, "a") for n in (1, 2)),
        ]
        publish(writer, twice)
    with Store.open(folder, tmp_path) as store:
        assert ids(store, "a.c::f~2") == ["a.c::f~2"]
        assert ids(store, "f") == ["a.c::f", "a.c::f~2"]


def test_children_are_those_directly_inside(store: Store) -> None:
    assert [child.id for child in store.children(1)] == ["src/http.py::Session", "src/http.py::get"]
    assert [child.id for child in store.children(2)] == ["src/http.py::Session.get"]
    assert store.children(4) == []


def test_files_are_ranges_of_nodes(store: Store) -> None:
    http, readme = store.file(HTTP), store.file(README)
    assert http is not None and readme is not None
    assert (readme.first_node, readme.symbols, http.first_node, http.symbols) == (0, 1, 1, 4)
    assert (http.language, http.content_hash, http.lines) == ("python", b"\x01" * 32, 12)
    assert [file.path for file in store.files()] == [README, HTTP]
    assert store.file("gone.py") is None


def test_the_summary_counts_everything(store: Store, tmp_path: Path) -> None:
    summary = store.summary()
    assert (summary.root, summary.generation, summary.files, summary.bytes, summary.lines) == (tmp_path, 1, 2, 240, 15)
    assert summary.languages == {"python": 1, "text": 1}
    assert (summary.symbols, summary.kinds["module"], summary.kinds["method"]) == (len(NODES), 2, 1)
    assert (summary.edges, summary.edge_kinds) == (2, {"call": 1, "data_dependency": 1})
    assert summary.skipped == tuple(SKIPPED)
    assert summary.published_at > 1_600_000_000
    assert summary.index_bytes > 10_000


def test_a_reader_keeps_its_generation_while_another_is_published(store: Store, tmp_path: Path) -> None:
    with StoreWriter.open(store.folder, tmp_path) as writer:
        writer.remove_files([HTTP])
        assert ids(store, "Session") == ["src/http.py::Session"]
        publish(writer, NODES[:1])
    assert store.generation == 1
    assert ids(store, "Session") == ["src/http.py::Session"]
    with Store.open(store.folder, tmp_path) as later:
        assert later.generation == 2
        assert ids(later, "Session") == []
        assert later.project_id == store.project_id


def test_names_that_sql_could_take_for_its_own_are_only_names(store: Store) -> None:
    for name in ("'; DROP TABLE intel_nodes; --", "%", "_", "get' OR '1'='1", "a\0b"):
        assert store.find(name) == []
    assert store.find("get") != []


def test_the_specifications_columns_are_there(store: Store) -> None:
    database = store._database
    row = database.execute(
        "SELECT project_id, file_path, symbol_name, node_type, signature, complexity, content_hash, embedding "
        "FROM intel_nodes WHERE id = 3"
    ).fetchone()
    assert row == (store.project_id, HTTP, "get", "method", "def get(self)", 3, f"{3:032x}", None)
    edges = database.execute("SELECT caller_id, callee_id, edge_type FROM intel_edges").fetchall()
    assert edges == [(3, 4, "call"), (4, 2, "data_dependency")]
    assert (
        database.execute("SELECT node_hash, cfg_data, complexity_metrics, timestamp FROM analysis_cache").fetchall()
        == []
    )
    assert [file.path for file in FILES] == [HTTP, README]
