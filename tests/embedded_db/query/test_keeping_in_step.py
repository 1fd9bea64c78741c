"""Indexes in memory say what indexes read from the start say, whoever wrote, and whatever was undone."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedded_db import ConvergedQuery, EmbeddedDB, Field
from embedded_db.indexing.indexes import Indexes, runs
from embedded_db.query import execution
from embedded_db.storage import changes
from tests.embedded_db.query.asking import add, embed, filled, ids, vector_of

QUERIES = [
    ConvergedQuery(),
    ConvergedQuery(structural_filters=(Field("severity") >= 3) | (Field("role") == "user")),
    ConvergedQuery(structural_filters=Field("metadata.topic.name").exists() & (Field("chat_id") != "chat1")),
    ConvergedQuery(structural_filters=Field("content").contains("soup")),
    ConvergedQuery(semantic_query={"text": "rust soup tickets"}),
    ConvergedQuery(semantic_query={"text": "rust soup", "mode": "words"}),
    ConvergedQuery(semantic_query={"text": "soup", "mode": "semantic"}, activity=0.5, half_life=1e9),
]


def told(db: EmbeddedDB, indexes: Indexes) -> list[Any]:
    """All that queries and indexes say."""
    starts = ids(db.query(Field("type").one_of(["Chat", "Ticket"]), order="oldest"))
    near = [ConvergedQuery(graph_filter={"start": id, "depth": 2}) for id in starts[:4]]
    found = [
        execution.run(indexes, db.store, query.take(10_000), embed, "static") for query in (*QUERIES, *near)
    ]  # fmt: skip
    hits = [[(hit.node.id, round(hit.score, 4), sorted(hit.scores)) for hit in one] for one in found]
    return [*hits, len(indexes.graph), len(indexes.vectors("static")), indexes.columns.count]


def check(db: EmbeddedDB) -> None:
    assert told(db, db.indexes) == told(db, Indexes(db.store))


def change(db: EmbeddedDB, random: np.random.Generator) -> None:
    """One of all that can happen."""
    nodes = [hit.node for hit in db.query(Field("type") != "Chat", limit=10_000)]
    node, other = (nodes[random.integers(len(nodes))] for _ in range(2))
    match int(random.integers(10)):
        case 0 | 1:
            add(db, random)
        case 2:
            node.update(content="soup and rust")
        case 3:
            node.update(metadata={"severity": int(random.integers(9))}, chat_id=f"chat{random.integers(5)}")
        case 4:
            node.delete()
        case 5:
            node.link_to(other, "KNOWS")
        case 6:
            edges = node.edges_out()
            if edges:
                edges[0].delete()
        case 7:
            db.create_embedding(node.id, embed(["soup soup rust"])[0])
        case 8:
            vector = node.embedding()
            if vector:
                db.delete_embedding(vector.id)
        case 9:
            node.update(created_at=1_700_000_000 + int(random.integers(100)))


@pytest.mark.parametrize("path", [":memory:", None])
def test_after_any_change_they_are_as_if_read_anew(path: str | None, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    with EmbeddedDB(path or tmp_path / "x.db", durability="normal", weave=False) as db:
        filled(db, 60)
        check(db)
        for _ in range(25):
            for _ in range(random.integers(1, 4)):
                change(db, random)
            check(db)
        for chat in db.chats()[:3]:
            chat.delete()
            check(db)


def test_a_transaction_sees_its_own_writes_and_what_is_undone_leaves_no_trace(db: EmbeddedDB) -> None:
    nodes = [node for node in filled(db, 40) if node.type != "Chat"]
    check(db)
    with pytest.raises(ZeroDivisionError), db.transaction():
        new = db.create_message("chat0", "rust soup rust", role="user")
        db.create_embedding(new.id, embed(["rust"])[0])
        nodes[0].link_to(nodes[1], "UNDONE")
        nodes[2].update(content="soup")
        nodes[3].delete()
        assert ids(db.query(limit=1)) == [new.id]
        check(db)
        _ = 1 / 0
    check(db)
    with db.transaction():
        new = db.create_message("chat0", "rust soup rust", role="user")
        assert ids(db.query(limit=1)) == [new.id]
    check(db)
    assert ids(db.query(limit=1)) == [new.id]


def test_the_first_query_may_be_asked_in_a_transaction_that_is_undone(db: EmbeddedDB) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.create_message("c", "gone")
        assert len(db.query()) == 2
        _ = 1 / 0
    assert len(db.query()) == 0


def test_what_another_process_writes_is_found(db: EmbeddedDB, tmp_path: Path) -> None:
    filled(db, 30)
    check(db)
    script = f"""
from embedded_db import EmbeddedDB
with EmbeddedDB({str(tmp_path / "memory.db")!r}, weave=False) as db:
    new = db.create_message("chat0", "written elsewhere", id="elsewhere")
    new.link_to("chat1", "KNOWS")
    db.create_embedding("elsewhere", [1.0] * 24, model="static")
    for message in db.get_node("chat2").messages():
        message.delete()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    assert ids(db.query(semantic_query={"text": "elsewhere"}, limit=1)) == ["elsewhere"]
    check(db)


def test_an_index_that_is_too_far_behind_reads_everything_again(
    db: EmbeddedDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(db, 20)
    check(db)
    monkeypatch.setattr(changes, "KEPT", 3)
    random = np.random.default_rng(0)
    for _ in range(5):
        add(db, random)
    with db.store.writing() as database:
        changes.trim(database)
    check(db)


def test_unchanged_indexes_read_nothing(db: EmbeddedDB, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(db, 20)
    check(db)
    monkeypatch.setattr(changes, "since", lambda *_: pytest.fail("the log was read"))
    db.query(semantic_query={"text": "rust"})


def test_vectors_of_another_length_start_anew(db: EmbeddedDB) -> None:
    node = db.create_node({"type": "Thing", "id": "a"})
    first = db.create_embedding(node.id, [1.0, 0.0])
    assert ids(db.query(semantic_query={"vector": [1, 0]})) == ["a"]
    db.delete_embedding(first.id)
    assert ids(db.query(semantic_query={"vector": [1, 0]})) == []
    db.create_embedding(node.id, [1.0, 0.0, 0.0])
    assert ids(db.query(semantic_query={"vector": [1, 0, 0]})) == ["a"]


def test_nearest_gives_numbers_of_nodes_not_of_embeddings(db: EmbeddedDB) -> None:
    for at in range(5):
        db.create_node({"type": "Chat", "title": str(at)})
    node = db.create_message("chat", "rust")
    for _ in range(3):  # each gives the embedding another id and number
        db.create_embedding(node.id, vector_of("rust"))
    indexes = db.indexes.refreshed()
    asked = np.stack([vector_of("rust"), vector_of("soup")])
    assert indexes.nearest("static", asked, 5, 0.99) == [[(node.n, pytest.approx(1.0, abs=1e-5))], []]
    assert indexes.nearest("another", asked, 5, -1) == [[], []]
    assert indexes.nearest("static", np.ones((1, 3), np.float32), 5, -1) == [[]]


def test_nearest_finds_the_same_in_one_portion_and_in_several(db: EmbeddedDB, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(db, 300)
    indexes = db.indexes.refreshed()
    asked = np.stack([vector_of(text) for text in ("rust", "soup", "tickets and soup", "rust soup")] * 10)
    at_once = indexes.nearest("static", asked, 20, 0.3)
    monkeypatch.setattr("embedded_db.indexing.indexes.COMPARED_AT_ONCE", 1)
    assert indexes.nearest("static", asked, 20, 0.3) == at_once
    assert at_once == [found for one in asked for found in indexes.nearest("static", one[np.newaxis], 20, 0.3)]
    assert [len(found) > 5 for found in at_once[:4]] == [True] * 4


def test_readers_and_a_writer_work_side_by_side(db: EmbeddedDB) -> None:
    filled(db, 50)
    wrong: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                for query in QUERIES:
                    found = ids(db.execute_query(query))
                    assert len(found) == len(set(found))
        except BaseException as error:  # noqa: BLE001  (told by the main thread)
            wrong.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    random = np.random.default_rng(9)
    for _ in range(60):
        change(db, random)
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    check(db)


def test_many_small_changes_are_read_as_few_runs() -> None:
    told = [(seq, "node", "put", n, n) for seq, n in enumerate([5, 1, 2, 90, 8])]
    told += [(9, "edge", "removed", 3, 4), (10, "embedding", "put", 1, 1), (11, "node", "put", 1, 40)]
    assert list(runs(told)) == [("node", 1, 40), ("node", 90, 90), ("edge", 3, 4), ("embedding", 1, 1)]
