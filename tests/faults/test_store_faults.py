"""Bad moments of a store: damaged, newer, locked, or in a place that cannot be written. Nothing of the user is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from leindex.errors import IndexDamaged, IndexFolderReadOnly, IndexLocked, IndexNewer
from leindex.lestockage import schema
from leindex.lestockage.store import Store
from leindex.lestockage.writer import StoreWriter
from tests.faults.processes import as_nobody
from tests.lestockage.sample import FILES, publish, sample_index

HOLDER = """
import sys, time
from pathlib import Path
from leindex.lestockage.writer import StoreWriter
writer = StoreWriter.open(Path(sys.argv[1]), Path(sys.argv[1]).parent)
print("held", flush=True)
time.sleep(600)
"""


def test_an_index_of_a_newer_schema_is_left_alone_and_says_what_to_do(tmp_path: Path) -> None:
    folder = sample_index(tmp_path)
    with sqlite3.connect(folder / "index.db") as database:
        database.execute("INSERT INTO migrations VALUES ('9999_from_the_future', 0)")
    database.close()
    before = (folder / "index.db").read_bytes()
    for opener in (Store.open, StoreWriter.open):
        with pytest.raises(IndexNewer, match=r"newer LeIndex \(it has 9999_from_the_future\); upgrade leindex-py"):
            opener(folder, tmp_path)
    assert (folder / "index.db").read_bytes() == before


def test_an_index_of_an_older_schema_reads_as_empty_until_a_writer_migrates_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sample_index(tmp_path)
    later = {**schema.migrations(), "0002_later": "CREATE TABLE later (x);"}
    monkeypatch.setattr(schema, "migrations", lambda: later)
    with Store.open(folder, tmp_path) as store:
        assert store.generation == 0
    with StoreWriter.open(folder, tmp_path) as writer:
        assert writer.generation == 1
    with Store.open(folder, tmp_path) as store:
        assert (store.generation, len(store.find("Session"))) == (1, 1)


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sample_index(tmp_path)
    broken = {**schema.migrations(), "0002_broken": "CREATE TABLE half (x); CREATE TABLE half (x);"}
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", lambda: broken)
        with pytest.raises(Exception, match="already exists"):
            StoreWriter.open(folder, tmp_path)
    with Store.open(folder, tmp_path) as store:
        assert len(store.find("Session")) == 1


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty"])
def test_a_damaged_database_says_so_and_is_built_again(tmp_path: Path, damage: str) -> None:
    folder = sample_index(tmp_path)
    path = folder / "index.db"
    whole = path.read_bytes()
    path.write_bytes({"garbage": b"not a database " * 1000, "truncated": whole[:5000], "empty": b""}[damage])
    if damage == "empty":  # to SQLite an empty file is an empty database, and that is no damage
        assert Store.open(folder, tmp_path).generation == 0
    else:
        with (
            pytest.raises(IndexDamaged, match=r"is damaged \(.*\); run `leindex index` to build it again"),
            Store.open(folder, tmp_path) as store,
        ):
            store.summary()
    with StoreWriter.open(folder, tmp_path) as writer:
        if writer.generation:  # the damage lay deeper than the opening looked
            writer.start_over(tmp_path)
        assert (writer.generation, writer.known_files()) == (0, {})
        writer.put_files(FILES)
        assert publish(writer) == 1
    with Store.open(folder, tmp_path) as store:
        assert len(store.find("Session")) == 1


def test_a_second_writer_is_told_who_holds_the_lock_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    folder = sample_index(tmp_path)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(IndexLocked, match=f"being written by process {holder.pid}; wait until it is done") as error:
            StoreWriter.open(folder, tmp_path)
        assert error.value.pid == holder.pid
        with Store.open(folder, tmp_path) as store:
            assert len(store.find("Session")) == 1, "questions are answered meanwhile"
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    with StoreWriter.open(folder, tmp_path) as writer:
        assert writer.generation == 1


def test_a_folder_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    script = """
from leindex.errors import IndexFolderReadOnly
from leindex.lestockage.writer import StoreWriter
try:
    StoreWriter.open(root / ".leindex", root)
except IndexFolderReadOnly as error:
    print(error)
"""
    said = as_nobody(script, tmp_path)
    assert said.startswith(f"The index cannot be written to {tmp_path / '.leindex'} (Permission denied)")
    assert "setting index_dir" in said


def test_a_place_that_is_a_file_cannot_hold_an_index(tmp_path: Path) -> None:
    (tmp_path / ".leindex").write_text("")
    with pytest.raises(IndexFolderReadOnly, match="File exists"):
        StoreWriter.open(tmp_path / ".leindex", tmp_path)


def test_an_index_in_a_read_only_folder_can_still_be_asked(tmp_path: Path) -> None:
    folder = sample_index(tmp_path)
    for path in (*folder.iterdir(), folder, tmp_path):
        path.chmod(0o755 if path.is_dir() else 0o644)
    script = """
from leindex.lestockage.store import Store
with Store.open(root / ".leindex", root) as store:
    print(store.generation, [symbol.id for symbol in store.find("Session")])
"""
    assert as_nobody(script, tmp_path) == "1 ['src/http.py::Session']\n"
