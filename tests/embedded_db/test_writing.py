"""What a commit is made of, without a clock: the statements and pages of a message; and files of older versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from embedded_db import DbError, EmbeddedDB
from embedded_db.drafts import edge_draft, node_draft
from embedded_db.storage import nodes, schema, woven
from embedded_db.storage.connections import Connections
from embedded_db.storage.store import Store
from embedded_db.storage.tasks import Priority

TEXT = "Ann talked about the query planner in Paris on day 7"
MONTHS = [datetime(1999 + month, month, 2 * month, 23, 59, tzinfo=UTC) for month in range(1, 13)]
MIGRATIONS = dict(schema.migrations())


@contextmanager
def traced(database: sqlite3.Connection) -> Iterator[list[str]]:
    """The statements that run, without those that SQLite's full text runs inside them."""
    seen: list[str] = []
    database.set_trace_callback(lambda sql: None if sql.startswith("--") else seen.append(" ".join(sql.split())))
    try:
        yield seen
    finally:
        database.set_trace_callback(None)


def statements(db: EmbeddedDB, call: Callable[[], object]) -> list[str]:
    with db.store.writing() as database:
        pass
    with traced(database) as seen:
        call()
    return seen


def plans(database: sqlite3.Connection, call: Callable[[sqlite3.Connection], object]) -> list[str]:
    with traced(database) as seen:
        call(database)
    return [row[3] for sql in seen for row in database.execute(f"EXPLAIN QUERY PLAN {sql}")]


def test_a_message_is_stored_by_the_fewest_statements(db: EmbeddedDB) -> None:
    db.create_chat("a chat", id="chat")
    seen = statements(db, lambda: db.create_message("chat", TEXT, sender="Ann"))
    start = ["BEGIN IMMEDIATE", "SELECT n, ty", "INSERT INTO n", "INSERT INTO t", "INSERT INTO c"]
    assert [sql[: len(begin)] for sql, begin in zip(seen, start, strict=False)] == start
    assert all(sql.startswith("INSERT INTO tasks ") for sql in seen[len(start) : -1])
    assert seen[-1] == "COMMIT" and len(seen) == len(start) + 3 + 1  # two stages of the text, one of its chat


def test_a_message_writes_few_pages(db: EmbeddedDB) -> None:
    """Each costs a checksum and two writes, and makes the wait for the disk longer."""
    db.create_chat("a chat", id="chat")
    log, before, many = Path(f"{db.path}-wal"), 0, 60
    for number in range(-many, many):
        if number == 0:
            before = log.stat().st_size
        db.create_message("chat", f"{TEXT}, {number}", sender="Ann")
    with db.store.reading() as database:
        (page,) = database.execute("PRAGMA page_size").fetchone()
    assert (log.stat().st_size - before) / (page + 24) / many <= 14.5


@pytest.mark.parametrize("moment", [*MONTHS, "1969-12-31T23:59:59.9+00:00", "0001-01-01T00:00+00:00"], ids=str)
def test_words_that_are_stored_are_those_that_are_taken_away_again(db: EmbeddedDB, moment: object) -> None:
    message = db.create_message("chat", TEXT, created_at=moment)
    db.add_messages([{"content": TEXT, "created_at": moment}] * 2, "chat")
    with db.store.writing() as database:
        database.execute("INSERT INTO texts (texts, rank) VALUES ('integrity-check', 1)")
        (day,) = database.execute("SELECT day FROM words WHERE n = ?", (message.n,)).fetchone()
        found = database.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (f'"{day}"',)).fetchall()
        assert len(found) == 3
    db.delete_node("chat")
    with db.store.writing() as database:
        database.execute("INSERT INTO texts (texts, rank) VALUES ('integrity-check', 1)")


def test_full_text_begins_anew_after_much_text_and_only_then(db: EmbeddedDB) -> None:
    reset = "PRAGMA writable_schema = RESET"
    assert reset not in statements(db, lambda: db.create_message("chat", "little"))
    with db.store.writing() as writer:
        settings = [
            writer.execute(f"PRAGMA {name}").fetchone() for name in ("cache_size", "synchronous", "foreign_keys")
        ]
    db.add_messages([{"content": TEXT}] * 1_000, "chat")
    with traced(writer) as seen, db.transaction():
        db.create_message("chat", "first")
        with db.transaction():
            db.create_message("chat", "second")
    db.create_message("chat", "third")
    assert seen.count(reset) == 1 and seen[0] == reset
    assert settings == [
        writer.execute(f"PRAGMA {name}").fetchone() for name in ("cache_size", "synchronous", "foreign_keys")
    ]
    asked = {"semantic_query": {"text": "second", "mode": "words"}}
    assert [hit.node.content for hit in db.query(**asked)][:1] == ["second"]


def test_types_of_few_nodes_are_found_without_looking_at_messages(db: EmbeddedDB) -> None:
    db.add_messages([{"content": TEXT}] * 3, "chat")
    with db.store.reading() as database:
        for call in (nodes.chats, nodes.counts, lambda database: woven.summaries(database, "summarise")):
            looked = [plan for plan in plans(database, call) if "nodes" in plan and "PRIMARY KEY" not in plan]
            assert looked and all("INDEX" in plan for plan in looked), looked
        assert "SEARCH nodes USING INDEX nodes_type (type=?)" in plans(database, nodes.chats)


def test_nodes_are_counted_by_their_types(db: EmbeddedDB) -> None:
    assert db.stats()["nodes"] == {}
    db.create_node({"type": "Stone"})
    assert db.stats()["nodes"] == {"Stone": 1}
    db.create_message("chat", "hello")
    assert list(db.stats()["nodes"].items()) == [("Chat", 1), ("Message", 1), ("Stone", 1)]


@pytest.mark.parametrize("known", range(1, len(MIGRATIONS)))
def test_a_file_of_an_older_version_is_brought_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(schema, "migrations", lambda: dict(list(MIGRATIONS.items())[:known]))
        old = Store(Connections(tmp_path / "m.db"))
        old.entry_stages = lambda type: [("embed", Priority.NORMAL)] if type == "Message" else []
        said = [{"type": "Message", "content": f"{TEXT}, {n}", "sender": "Ann", "chat_id": "chat"} for n in range(300)]
        old.add_nodes([node_draft(one) for one in [*said, {"type": "Stone", "id": "stone"}]])
        old.add_edges([edge_draft("stone", "chat", "LIES_IN")])
        seen = old.counts()
        old.connections.close()
    with EmbeddedDB(tmp_path / "m.db", weave=False) as new:
        with new.store.reading() as database:
            assert schema.check(database, new.path) == set(MIGRATIONS)
        assert (new.stats(), new.weaver_status()["pending"], new.repair()) == (seen, {"embed": 300}, [])
        assert [chat.id for chat in new.chats()] == ["chat"]
        last = new.create_message("chat", "a word that nobody said")
        assert next(hit.node for hit in new.query(semantic_query={"text": "nobody", "mode": "words"})) == last
        assert sum(new.stats()["nodes"].values()) == sum(seen["nodes"].values()) + 1


def test_a_callback_after_a_commit_sees_what_was_written_and_none_what_was_undone(db: EmbeddedDB) -> None:
    seen: list[dict[str, int]] = []
    db.store.after_commit.append(lambda: seen.append(db.stats()["nodes"]))
    with db.transaction():
        db.create_chat("one")
        with pytest.raises(DbError), db.transaction():
            db.create_chat("two")
            raise DbError("not this one")
        assert seen == []
    with pytest.raises(DbError), db.transaction():
        db.create_chat("three")
        raise DbError("nor this one")
    assert seen == [{"Chat": 1}]
