"""What a writer keeps, what it publishes, and what is left when it fails half way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leindex.lestockage.store import Store
from leindex.lestockage.writer import StoreWriter
from leindex.types import Skipped
from tests.lestockage.sample import EDGES, FILES, HTTP, NODES, README, flat, parsed, publish, sample_index


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[StoreWriter]:
    with StoreWriter.open(tmp_path / ".leindex", tmp_path) as writer:
        yield writer


def test_the_folder_ignores_itself(writer: StoreWriter) -> None:
    assert (writer.folder / ".gitignore").read_text() == "*\n"


def test_parsed_files_are_remembered_before_anything_is_published(writer: StoreWriter, tmp_path: Path) -> None:
    writer.put_files(FILES)
    known = writer.known_files()
    assert known.keys() == {HTTP, README}
    assert (known[HTTP].size, known[HTTP].mtime_ns, known[HTTP].parser) == (120, 1_000_000_007, "python-1")
    assert (writer.pending, writer.generation) == (True, 0)
    with Store.open(writer.folder, tmp_path) as reader:
        assert (reader.generation, reader.file(HTTP)) == (0, None)


def test_a_publish_settles_what_is_pending(writer: StoreWriter) -> None:
    writer.put_files(FILES)
    assert publish(writer) == 1
    assert not writer.pending
    writer.remove_files([README])
    assert writer.pending


def test_facts_come_back_sorted_by_the_bytes_of_their_paths(writer: StoreWriter) -> None:
    rows = [parsed(name, 1, facts=b"x" * 10) for name in ("b.py", "a/z.py", "ä.py", "a.py", "a-b.py", "B.py")]
    binary = parsed("a.png", 0, status="binary", facts=b"")
    writer.put_files([*rows, binary])
    found = list(writer.facts())
    assert [path for path, *_ in found] == ["B.py", "a-b.py", "a.py", "a/z.py", "b.py", "ä.py"]
    assert found[0] == ("B.py", "python", 0, b"x" * 10)


def test_a_file_parsed_again_replaces_what_was_known(writer: StoreWriter) -> None:
    writer.put_files([parsed("a.py", 1)])
    writer.put_files([parsed("a.py", 2, size=999)])
    assert writer.known_files()["a.py"].size == 999
    assert len(list(writer.facts())) == 1


def test_a_touched_file_changes_its_time_everywhere_and_needs_no_publish(writer: StoreWriter, tmp_path: Path) -> None:
    writer.put_files(FILES)
    publish(writer)
    writer.touch_files([(HTTP, 42)])
    assert not writer.pending
    assert writer.known_files()[HTTP].mtime_ns == 42
    with Store.open(writer.folder, tmp_path) as reader:
        file = reader.file(HTTP)
        assert file is not None and file.mtime_ns == 42


def test_flags_can_change_without_parsing(writer: StoreWriter) -> None:
    writer.put_files(FILES)
    publish(writer)
    writer.flag_files([(HTTP, 2)])
    assert writer.known_files()[HTTP].flags == 2
    assert writer.pending


def test_a_second_publish_replaces_the_first_whole(writer: StoreWriter, tmp_path: Path) -> None:
    writer.put_files(FILES)
    publish(writer)
    assert publish(writer) == 2
    with Store.open(writer.folder, tmp_path) as reader:
        assert reader.summary().symbols == len(NODES)
        assert reader._database.execute("SELECT count(*) FROM intel_edges").fetchone() == (len(EDGES),)
        assert [symbol.node for symbol in reader.find("get")] == [3, 4]
        plan = reader._database.execute(
            "EXPLAIN QUERY PLAN SELECT id FROM intel_nodes WHERE symbol_name = 'get'"
        ).fetchall()
        assert "intel_nodes_by_name" in plan[0][3], "the index dropped for the load is back"


@pytest.mark.parametrize("moment", ["nodes", "edges", "snapshot"])
def test_a_publish_that_fails_leaves_the_generation_before(writer: StoreWriter, tmp_path: Path, moment: str) -> None:
    writer.put_files(FILES)
    publish(writer)

    def interrupted(at: str) -> None:
        if at == moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), writer.publishing([]) as edition:
        edition.put_nodes(flat(NODES[:1]))
        interrupted("nodes")
        edition.put_nodes(flat(NODES[1:]))
        edition.index_names()
        edition.put_edges(flat(EDGES[:1]))
        interrupted("edges")
        edition.put_edges(flat(EDGES[1:]))
        interrupted("snapshot")
    assert writer.generation == 1
    with Store.open(writer.folder, tmp_path) as reader:
        assert (reader.generation, len(reader.find("get")), reader.summary().symbols) == (1, 2, len(NODES))
    assert publish(writer) == 2, "and the writer is good for another try"


def test_publishing_removes_snapshots_of_other_generations(writer: StoreWriter) -> None:
    names = ("snapshot-0.bin", "snapshot-1.bin", "snapshot-7.bin", "snapshot-1.tmp4711", "notes.txt")
    for name in names:
        (writer.folder / name).write_bytes(b"")
    writer.put_files(FILES)
    publish(writer)
    assert {name for name in names if (writer.folder / name).exists()} == {"snapshot-1.bin", "notes.txt"}


def test_a_database_is_shown_to_readers_when_it_holds_a_generation(writer: StoreWriter, tmp_path: Path) -> None:
    writer.put_files(FILES)
    assert {path.name for path in writer.folder.glob("index*")} == {"index.new.db"}
    with Store.open(writer.folder, tmp_path) as reader:
        assert reader.generation == 0
    publish(writer)
    assert "index.new.db" not in {path.name for path in writer.folder.iterdir()}
    with Store.open(writer.folder, tmp_path) as reader:
        assert (reader.generation, reader.summary().symbols) == (1, len(NODES))


def test_a_run_killed_before_the_database_is_shown_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / ".leindex"
    with monkeypatch.context() as patch, StoreWriter.open(folder, tmp_path) as writer:
        patch.setattr("leindex.lestockage.folder.unveil_database", killed)
        writer.put_files(FILES)
        with pytest.raises(KeyboardInterrupt):
            publish(writer)
    with StoreWriter.open(folder, tmp_path) as writer:
        assert (writer.generation, writer.pending) == (1, False)
    with Store.open(folder, tmp_path) as reader:
        assert reader.summary().symbols == len(NODES)


def test_the_log_is_empty_after_a_publish(writer: StoreWriter) -> None:
    writer.put_files(FILES)
    publish(writer)
    assert (writer.folder / "index.db-wal").stat().st_size == 0


def test_what_was_left_out_can_be_noted_without_a_new_generation(writer: StoreWriter) -> None:
    skipped = [Skipped("b.bin", "binary"), Skipped("a.js", "minified", "long lines")]
    writer.note_skipped(skipped)
    assert writer.skipped_files() == sorted(skipped, key=lambda skip: skip.file)
    assert (writer.pending, writer.generation) == (False, 0)


def test_a_project_keeps_its_identity_when_its_folder_is_moved(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    sample_index(old)
    with StoreWriter.open(old / ".leindex", old) as writer:
        identity = writer.project_id
    old.rename(new)
    with StoreWriter.open(new / ".leindex", new) as writer:
        assert (writer.project_id, writer.generation) == (identity, 1)
