"""Transactions, threads and processes: who waits for whom, what is undone, and what others see meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embedded_db import Closed, Conflict, DbError, EmbeddedDB
from embedded_db.database import CONVERSATION
from embedded_db.storage import changes
from embedded_db.storage import store as store_module


def titles(db: EmbeddedDB) -> list[str | None]:
    return [chat.title for chat in db.chats()]


def test_a_transaction_is_one_step(db: EmbeddedDB) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.create_chat("gone")
        _ = 1 / 0
    with db.transaction() as same:
        same.create_chat("one")
        db.create_chat("two")
    assert titles(db) == ["one", "two"]


def test_a_transaction_inside_another_can_be_undone_alone(db: EmbeddedDB) -> None:
    with db.transaction():
        db.create_chat("kept")
        with pytest.raises(ZeroDivisionError), db.transaction():
            db.create_chat("gone")
            _ = 1 / 0
        assert titles(db) == ["kept"]
        db.create_chat("kept, too")
    assert titles(db) == ["kept", "kept, too"]


def test_an_error_inside_leaves_the_rest_of_the_transaction_as_it_was(db: EmbeddedDB) -> None:
    with db.transaction():
        chat = db.create_chat("kept")
        with pytest.raises(Conflict):
            db.create_chat("taken", id=chat.id)
    assert titles(db) == ["kept"]


@pytest.mark.parametrize("good", [0, 25, CONVERSATION + 1, CONVERSATION + 30])
def test_a_bulk_comes_in_wholly_or_not_at_all_and_what_its_source_raises_is_passed_on(
    db: EmbeddedDB, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    monkeypatch.setattr("embedded_db.storage.store.AT_ONCE", 10)

    def messages() -> Iterator[dict[str, str]]:
        for i in range(good):
            yield {"content": str(i)}
        json.loads("{")

    with pytest.raises(json.JSONDecodeError):
        db.add_messages(messages(), "c")
    assert db.stats()["nodes"] == {}
    ids = db.add_messages(({"content": str(i)} for i in range(good)), "c")
    assert [message.id for chat in db.chats() for message in chat.messages()] == ids and len(ids) == good


def test_others_see_a_transaction_when_it_is_over(db: EmbeddedDB) -> None:
    with ThreadPoolExecutor(1) as other:
        with db.transaction():
            db.create_chat("mine")
            assert titles(db) == ["mine"]
            assert other.submit(titles, db).result(10) == []
        assert other.submit(titles, db).result(10) == ["mine"]


def test_threads_write_and_read_at_once_and_nothing_is_lost(db: EmbeddedDB) -> None:
    def work(name: int) -> None:
        chat = db.create_chat(f"chat {name}")
        for i in range(20):
            chat.add_message("me", f"{name} {i}")
            assert len(chat.messages()) == i + 1

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert db.stats()["nodes"] == {"Chat": 6, "Message": 120}
    assert all([m.content.split()[1] for m in chat.messages()] == [str(i) for i in range(20)] for chat in db.chats())


def test_a_database_in_memory_serves_threads_too() -> None:
    with EmbeddedDB(":memory:", weave=False) as db, ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda i: db.create_message("c", str(i)), range(40)))
        assert len(db.get_node("c").messages()) == 40


WRITER = """
import sys
from embedded_db import EmbeddedDB
with EmbeddedDB(sys.argv[1], durability="normal", weave=False) as db:
    for i in range(25):
        db.create_message("shared", f"{sys.argv[2]} {i}")
"""


def test_processes_write_into_one_file_at_once(db: EmbeddedDB) -> None:
    running = [subprocess.Popen([sys.executable, "-c", WRITER, db.path, str(name)]) for name in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    said = [message.content for message in db.get_node("shared").messages()]
    assert len(said) == len(set(said)) == 75 and len(db.chats()) == 1


def test_a_file_that_somebody_else_holds_is_a_conflict(db: EmbeddedDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_db.storage.connections.BUSY_SECONDS", 0.05)
    with (
        EmbeddedDB(db.path, weave=False) as other,
        db.transaction(),
        pytest.raises(Conflict, match="try again") as caught,
    ):
        other.create_chat("waits")
    assert caught.value.retryable


def test_commits_are_counted_when_others_can_see_them(db: EmbeddedDB) -> None:
    seen: list[int] = []
    db.store.after_commit.append(lambda: seen.append(len(db.chats())))
    before = db.store.commits
    with db.transaction():
        db.create_chat("one")
        db.create_chat("two")
        assert db.store.commits == before and seen == []
    db.create_chat("three")
    assert db.store.commits == before + 2 and seen == [2, 3]


def test_the_log_of_changes_does_not_grow_without_end(db: EmbeddedDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "KEPT", 3)
    monkeypatch.setattr(store_module, "TRIM_EVERY", 5)
    for i in range(11):
        db.create_chat(str(i))
    with db.store.reading() as database:
        assert database.execute("SELECT count(*) FROM changes").fetchone()[0] == 3
        assert changes.since(database, 0) is None and changes.since(database, 11) == []
        assert [row[0] for row in changes.since(database, 9) or []] == [10, 11]


def test_a_log_that_was_emptied_says_that_it_does_not_know(db: EmbeddedDB) -> None:
    with db.store.writing() as database:
        db.create_chat("one")
        database.execute("DELETE FROM changes")
        assert changes.since(database, 0) is None and changes.since(database, changes.newest(database)) == []


def test_after_close_everything_says_so(db: EmbeddedDB) -> None:
    chat = db.create_chat("one")
    db.close()
    db.close()
    for call in (db.chats, chat.refresh, lambda: db.create_chat("two")):
        with pytest.raises(Closed, match="open it again"):
            call()


def test_closing_lets_a_reader_finish(db: EmbeddedDB) -> None:
    db.create_chat("one")
    reading, closed = threading.Event(), threading.Event()

    def read() -> int:
        with db.store.reading() as database:
            reading.set()
            assert closed.wait(10)
            return int(database.execute("SELECT count(*) FROM nodes").fetchone()[0])

    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(read)
        assert reading.wait(10)
        db.close()
        closed.set()
        assert found.result(10) == 1
    with pytest.raises(Closed):
        db.chats()


def test_what_sqlite_has_undone_is_not_continued(db: EmbeddedDB) -> None:
    with pytest.raises(DbError, match="start it again"), db.transaction():
        with db.store.writing() as database:
            database.execute("ROLLBACK")  # as SQLite does by itself when the disk is full
        db.create_chat("alone")
    assert titles(db) == []


FORK = """
import os, sys
from embedded_db import Closed, EmbeddedDB
db = EmbeddedDB(sys.argv[1], weave=False)
if os.fork() == 0:
    try:
        db.chats()
    except Closed as error:
        os._exit(7 if "fork" in str(error) else 1)
    os._exit(2)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_a_forked_process_is_told_to_open_the_file_itself(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FORK, str(tmp_path / "f.db")], timeout=60, check=False)
    assert done.returncode == 7
