"""Files that hold indexes save reading rows, and never make an answer wrong, whatever happens to them or the rows."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedded_db import Closed, EmbeddedDB
from embedded_db.indexing import indexes
from embedded_db.indexing.indexes import Indexes
from embedded_db.storage import changes, index_files, scans
from embedded_db.storage.index_files import IndexFiles
from tests.embedded_db.query.asking import add, embed, filled, with_words
from tests.embedded_db.query.test_keeping_in_step import change, told

FEW = 5


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes of a handful of rows are worth a file here."""
    monkeypatch.setattr(indexes, "MANY", FEW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database that was filled and asked everything, with its files."""
    path = tmp_path / "memory.db"
    with opened(path) as db:
        filled(db, 80)
        told(db, db.indexes)
    return path


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many rows were read for indexes, by what they are."""
    counted: Counter[str] = Counter()

    def counting(name: str, count: Any) -> None:
        read = getattr(scans, name)

        def scan(*arguments: Any) -> Iterator[Any]:
            for found in read(*arguments):
                counted[name] += count(found)
                yield found

        monkeypatch.setattr(scans, name, scan)

    for name in ("node_columns", "edge_columns", "vectors"):
        counting(name, lambda columns: len(columns[0]))
    counting("property_values", lambda _: 1)
    return counted


def opened(path: Path) -> EmbeddedDB:
    return with_words(EmbeddedDB(path, durability="normal", weave=False))


def from_rows(db: EmbeddedDB) -> list[Any]:
    """What indexes say that know no files."""
    fresh = Indexes(db.store)
    fresh._files._folder = None
    return told(db, fresh)


def check(path: Path) -> None:
    with opened(path) as db:
        assert told(db, db.indexes) == from_rows(db)


def files_of(path: Path) -> set[Path]:
    return set(Path(f"{path}-index").iterdir())


def named(path: Path) -> set[str]:
    with opened(path) as db, db.store.reading() as database:
        return {token for (token,) in database.execute("SELECT token FROM index_files")}


def test_what_was_read_once_is_not_read_from_rows_again(path: Path, rows: Counter[str]) -> None:
    parts = 5  # nodes, edges, vectors, and the two properties that are asked for
    assert len(files_of(path)) == parts and named(path) == {file.name for file in files_of(path)}
    with opened(path) as db:
        found = told(db, db.indexes)
        assert not rows
        assert found == from_rows(db) and set(rows) == {"node_columns", "edge_columns", "vectors", "property_values"}


def test_what_has_changed_since_is_read_and_nothing_else(path: Path, rows: Counter[str]) -> None:
    with opened(path) as db:
        one, other = db.create_message("chat0", "soup", id="one"), db.create_message("chat9", "rust")
        one.link_to(other, "A TYPE OF ITS OWN")
        db.create_embedding("one", embed(["soup"])[0])
    with opened(path) as db:
        found = told(db, db.indexes)
        assert rows == {"node_columns": 3, "edge_columns": 1, "vectors": 1}, "the two messages and a new chat"
        assert found == from_rows(db)


@pytest.mark.parametrize("many", [5, 40])
def test_after_any_changes_between_processes_they_are_as_if_read_from_rows(
    path: Path, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "MANY", many)
    random = np.random.default_rng(many)
    for _ in range(12):
        with opened(path) as db:
            for _ in range(random.integers(0, 8)):
                change(db, random)
            if random.random() < 0.2:
                db.chats()[0].delete()
        with opened(path) as db:
            if random.random() < 0.5:
                change(db, random)
            assert told(db, db.indexes) == from_rows(db)


def test_a_file_is_written_anew_at_the_end_when_much_was_followed(path: Path, rows: Counter[str]) -> None:
    with opened(path) as db:
        told(db, db.indexes)
        filled(db, 40, seed=1)
        told(db, db.indexes)
    rows.clear()
    with opened(path) as db:
        found = told(db, db.indexes)
        assert not rows and found == from_rows(db)


@pytest.mark.parametrize("harm", ["bit", "cut", "empty", "swapped", "gone", "all gone"])
def test_damaged_and_foreign_files_are_refused_and_replaced(path: Path, harm: str, rows: Counter[str]) -> None:
    files = sorted(files_of(path))
    contents = [file.read_bytes() for file in files]
    for place, file in enumerate(files):
        damaged = bytearray(contents[place])
        damaged[len(damaged) // 2] ^= 1
        match harm:
            case "bit":
                file.write_bytes(damaged)
            case "cut":
                file.write_bytes(contents[place][:-1])
            case "empty":
                file.write_bytes(b"")
            case "swapped":
                file.write_bytes(contents[place - 1])
            case "gone":
                file.unlink()
    if harm == "all gone":
        shutil.rmtree(files[0].parent)
    with opened(path) as db:
        found = told(db, db.indexes)
        assert {"node_columns", "edge_columns", "vectors", "property_values"} == set(rows)
        assert found == from_rows(db)
    assert not files_of(path) & set(files)
    rows.clear()
    with opened(path) as db:
        told(db, db.indexes)
    assert not rows


def test_files_of_another_database_are_refused(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with opened(other) as db:
        filled(db, 80, seed=9)
        told(db, db.indexes)
    shutil.rmtree(f"{path}-index")
    shutil.move(f"{other}-index", f"{path}-index")
    check(path)


def test_an_older_backup_in_the_same_place_gives_its_own_answers(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    with opened(path) as db:
        db.backup(backup)
        change_much(db, 1)
        told(db, db.indexes)
    shutil.copy(backup, path)
    check(path)
    shutil.copy(backup, path)
    with opened(path) as db:
        change_much(db, 2)  # as many changes as before, but others
    check(path)
    check(path)


def test_a_copy_with_its_files_goes_its_own_way(path: Path, tmp_path: Path, rows: Counter[str]) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    shutil.copytree(f"{path}-index", f"{copy}-index")
    with opened(copy) as db:
        told(db, db.indexes)
        assert not rows
    for one, seed in ((path, 1), (copy, 2)):
        with opened(one) as db:
            change_much(db, seed)
            told(db, db.indexes)
    for one in (path, copy, path, copy):
        check(one)


def test_what_a_transaction_undoes_is_in_no_file(path: Path) -> None:
    shutil.rmtree(f"{path}-index")
    with opened(path) as db:
        db.indexes.refreshed()
        with pytest.raises(ZeroDivisionError), db.transaction():
            one, other = db.create_message("chat0", "soup"), db.create_message("chat9", "rust")
            one.link_to(other, "UNDONE")
            db.create_embedding(one.id, embed(["soup"])[0])
            graph, vectors = len(db.indexes.graph), len(db.indexes.vectors("static"))
            _ = 1 / 0
        db.indexes.refreshed()
        assert len(db.indexes.vectors("static")) < vectors and len(db.indexes.graph) < graph
        assert told(db, db.indexes) == from_rows(db)
    check(path)


def test_nothing_is_written_while_it_may_be_undone(path: Path) -> None:
    shutil.rmtree(f"{path}-index")
    with opened(path) as db:
        db.indexes.refreshed()
        with pytest.raises(ZeroDivisionError), db.transaction():
            change_much(db, 5)
            assert len(db.indexes.refreshed().graph)
            _ = 1 / 0
    check(path)


def test_types_of_edges_keep_their_names(path: Path) -> None:
    with opened(path) as db:
        one, other, third = (db.create_node({"type": "Place", "name": name}) for name in "abc")
        one.link_to(other, "ROAD")
        told(db, db.indexes)
        change_much(db, 6)
        told(db, db.indexes)
    with opened(path) as db:
        db.create_edge(one.id, third.id, "FERRY")
        for to, type in ((other, "ROAD"), (third, "FERRY")):
            way = db.find_shortest_path(one.id, to.id, edge_types=[type])
            assert way is not None and [step.type for step in way.steps] == [type]


def test_closing_inside_a_transaction_does_not_wait_for_what_waits_for_the_transaction(path: Path) -> None:
    shutil.rmtree(f"{path}-index")
    db = opened(path)
    with pytest.raises(Closed), db.transaction():
        elsewhere = threading.Thread(target=told, args=(db, db.indexes))
        elsewhere.start()
        elsewhere.join()
        assert db.indexes._writer
        db.close()
    db.indexes._writer.join()
    check(path)


def test_a_file_too_old_for_the_log_of_changes_is_not_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "KEPT", 2)
    with opened(path) as db:
        change_much(db, 3)
        with db.store.writing() as database:
            changes.trim(database)
    check(path)


def test_vectors_of_other_dimensions_are_read_from_rows(path: Path) -> None:
    with opened(path) as db, db.store.writing() as database:
        ids = [id for (id,) in database.execute("SELECT id FROM embeddings")]
        db.store.delete_embeddings(ids)
        database.execute("DELETE FROM models")
        database.execute("INSERT INTO models VALUES ('static', 2)")
    with opened(path) as db:
        assert db.indexes.refreshed().vectors("static").dimensions == 2


def test_small_databases_and_those_in_memory_have_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "MANY", 10_000)
    for path in (tmp_path / "memory.db", Path(":memory:")):
        with opened(path) as db:
            filled(db, 30)
            told(db, db.indexes)
    monkeypatch.setattr(indexes, "MANY", FEW)
    with opened(Path(":memory:")) as db:
        filled(db, 30)
        told(db, db.indexes)
    assert [file.name for file in tmp_path.iterdir()] == ["memory.db"] and not Path(":memory:-index").exists()


def test_a_folder_that_cannot_be_made_is_no_error(
    path: Path, caplog: pytest.LogCaptureFixture, rows: Counter[str]
) -> None:
    shutil.rmtree(f"{path}-index")
    Path(f"{path}-index").write_text("in the way")
    caplog.set_level(logging.DEBUG, "embedded_db.index")
    check(path)
    assert rows and "the index of nodes is not kept in a file" in caplog.text
    assert Path(f"{path}-index").read_text() == "in the way"


def test_a_full_disk_is_no_error_and_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    shutil.rmtree(f"{path}-index")
    monkeypatch.setattr(index_files, "_sync", full)
    check(path)
    assert files_of(path) == set()


def test_who_may_not_read_the_database_may_not_read_its_files(path: Path) -> None:
    for mode, folder_mode in ((0o600, 0o700), (0o644, 0o755), (0o660, 0o770)):
        path.chmod(mode)
        shutil.rmtree(f"{path}-index")
        check(path)
        assert Path(f"{path}-index").stat().st_mode & 0o777 == folder_mode


def test_only_own_files_are_removed_and_unfinished_ones_after_an_hour(path: Path) -> None:
    folder = Path(f"{path}-index")
    mine, fresh, old = folder / "notes.txt", folder / f"{'a' * 32}.unfinished", folder / f"{'b' * 32}.unfinished"
    for file in (mine, fresh, old):
        file.write_text("x")
    os.utime(old, (0, 0))
    with opened(path) as db:
        told(db, db.indexes)
        change_much(db, 4)
        told(db, db.indexes)
    assert mine.exists() and fresh.exists() and not old.exists()


def test_a_file_that_is_replaced_while_it_is_looked_for_is_found_again(path: Path) -> None:
    def write(file: Path, label: str) -> None:
        file.write_text(label)

    def publish(files: IndexFiles, seq: int) -> None:
        written = files.write("something", write)
        assert written
        files.publish("something", written, seq)

    with opened(path) as db, opened(path) as other, db.store.reading() as database:
        files, others = IndexFiles(db.store.connections), IndexFiles(other.store.connections)
        publish(files, 1)
        tried: list[Path] = []

        def read(file: Path, label: str) -> str:
            tried.append(file)
            if len(tried) == 1:
                publish(others, 2)
            assert file.read_text() == label
            return label

        found = files.read(database, "something", read)
        assert found and found.seq == 2 and len(tried) == 2
        tried[1].unlink()
        assert files.read(database, "something", read) is None and len(tried) == 3


KILLED = """
import os, signal, sys
from embedded_db.indexing import indexes
from embedded_db.storage import index_files
from tests.embedded_db.query.test_keeping_in_step import told
from tests.embedded_db.test_index_files import opened
from pathlib import Path

indexes.MANY = 5
setattr(index_files, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
with opened(Path(sys.argv[1])) as db:
    told(db, db.indexes)
"""


@pytest.mark.parametrize("moment", ["_sync", "_remove_others"])
def test_a_kill_while_a_file_is_written_leaves_a_sound_database(path: Path, moment: str) -> None:
    shutil.rmtree(f"{path}-index")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), moment], check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL and files_of(path)
    check(path)
    check(path)
    left = {file.name for file in files_of(path) if file.suffix != index_files.UNFINISHED}
    assert left == named(path)


WORKING = """
import sys
from pathlib import Path
import numpy as np
from embedded_db.indexing import indexes
from tests.embedded_db.query.test_keeping_in_step import told
from tests.embedded_db.test_index_files import change_much, from_rows, opened

indexes.MANY = 5
for turn in range(4):
    with opened(Path(sys.argv[1])) as db:
        told(db, db.indexes)
        change_much(db, int(sys.argv[2]) * 10 + turn)
        told(db, db.indexes)
"""


def test_processes_that_read_and_write_at_once_answer_as_rows_do(path: Path) -> None:
    started = [subprocess.Popen([sys.executable, "-c", WORKING, str(path), str(number)]) for number in range(3)]
    assert [process.wait(240) for process in started] == [0, 0, 0]
    check(path)
    assert {file.name for file in files_of(path)} == named(path)


def change_much(db: EmbeddedDB, seed: int) -> None:
    """Twenty new nodes with vectors and edges between them, the same kinds of changes for each seed."""
    random = np.random.default_rng(seed)
    with db.transaction():
        new = [add(db, random) for _ in range(20)]
        for one, other in pairwise(new):
            one.link_to(other, "NEXT")
