"""Many rows at once are what they would be one by one: same words, same errors, same log, and all of them or none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embedded_db import Conflict, EdgeNotFound, EmbeddedDB, EmbeddingNotFound, InvalidNode, NodeNotFound
from embedded_db.drafts import EdgeDraft, edge_draft, embedding_draft, node_draft
from embedded_db.storage import changes, schema
from embedded_db.storage.connections import Connections
from embedded_db.storage.store import AT_ONCE, Store
from embedded_db.storage.tasks import Priority
from embedded_db.types import Provenance

WOVEN = Provenance("link", "test-1", b"0" * 16)
DAYS = ["1969-12-30T12:00+00:00", "1969-12-30T23:59:59.5+00:00", "1970-01-01T00:00+00:00", "2024-02-29T12:00+00:00"]


class Undone(Exception):
    pass


@pytest.fixture
def ids(db: EmbeddedDB) -> list[str]:
    return db.add_messages([{"content": f"message {number}"} for number in range(4)], "chat")


def around(ids: list[str], type: str = "NEXT", made: Provenance | None = None) -> list[EdgeDraft]:
    """Edges from each node to the next."""
    pairs = zip(ids, ids[1:] + ids[:1], strict=True)
    return [edge_draft(one, other, type, id=f"{type} {one}", provenance=made) for one, other in pairs]


def put_since(db: EmbeddedDB, what: str, seq: int) -> list[tuple[int, int]]:
    with db.store.reading() as database:
        return [(first, last) for _, kind, _, first, last in changes.since(database, seq) or [] if kind == what]


def newest(db: EmbeddedDB) -> int:
    with db.store.reading() as database:
        return changes.newest(database)


@pytest.mark.parametrize("days", [[day] for day in DAYS] + [DAYS, DAYS[:2], DAYS[1:3]])
def test_every_message_of_a_bulk_is_found_by_its_own_day(db: EmbeddedDB, days: list[str]) -> None:
    moments = [day for day in days for _ in range(2)]
    db.add_messages([{"content": "hello", "created_at": moment} for moment in moments], "chat")
    with db.store.writing() as database:
        rows = database.execute("SELECT n, day FROM words JOIN nodes USING (n) WHERE type = 'Message'").fetchall()
        for n, day in rows:
            assert (n,) in database.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (f'"{day}"',)).fetchall()
        database.execute("INSERT INTO texts (texts, rank) VALUES ('integrity-check', 1)")


@pytest.mark.parametrize("place", [0, 49, 50, 120, 129])
def test_a_bulk_names_the_message_that_it_cannot_store_and_stores_none(db: EmbeddedDB, place: int) -> None:
    db.create_message("chat", "here first", id="taken")
    bulk = [{"content": str(number), "id": "taken" if number == place else f"id {number}"} for number in range(130)]
    with pytest.raises(Conflict, match="'taken'"):
        db.add_messages(bulk, "chat")
    with pytest.raises(Conflict, match="'id 7'"):
        db.add_messages([{"content": "a", "id": f"id {number % 123}"} for number in range(7, 131)], "chat")
    assert db.stats()["nodes"] == {"Chat": 1, "Message": 1}


def test_ids_of_a_bulk_are_all_different_and_sort_as_they_came(db: EmbeddedDB) -> None:
    made = db.add_messages([{"content": "a", "created_at": 1_700_000_000 + number} for number in range(2_000)], "chat")
    assert len(set(made)) == 2_000 and made == sorted(made)


def test_a_bulk_of_edges_is_stored_in_order_and_noted_as_one_run(db: EmbeddedDB, ids: list[str]) -> None:
    before = newest(db)
    db.store.add_edges(around(ids))
    assert [edge.to_id for id in ids for edge in db.store.edges_of(db.get_node(id).n, "out")] == ids[1:] + ids[:1]
    ((first, last),) = put_since(db, "edge", before)
    assert last - first + 1 == len(ids)


@pytest.mark.parametrize("made", [None, WOVEN])
def test_a_bulk_of_edges_with_one_that_is_there_already_stores_nothing(
    db: EmbeddedDB, ids: list[str], made: Provenance | None
) -> None:
    db.create_edge(ids[0], ids[1], "KNOWS", id="taken")
    bulk, before = around(ids, made=made), newest(db)
    bulk[2] = bulk[2]._replace(id="taken")
    with pytest.raises(Conflict, match="'taken'"):
        db.store.add_edges(bulk)
    assert db.stats()["edges"] == {"KNOWS": 1} and newest(db) == before


def test_a_bulk_of_edges_that_has_an_id_twice_names_it(db: EmbeddedDB, ids: list[str]) -> None:
    bulk = around(ids)
    with pytest.raises(Conflict, match=bulk[1].id):
        db.store.add_edges([*bulk, bulk[1]])
    assert db.stats()["edges"] == {}


@pytest.mark.parametrize("end", ["nobody", "chat\0"])
def test_a_bulk_of_edges_with_an_end_that_there_is_not_stores_nothing(db: EmbeddedDB, ids: list[str], end: str) -> None:
    with pytest.raises(NodeNotFound, match=end.rstrip("\0")):
        db.store.add_edges([*around(ids), edge_draft(ids[0], end, "NEXT")])
    assert db.stats()["edges"] == {}


def test_renewed_edges_keep_their_numbers_and_are_noted_with_the_new_ones(db: EmbeddedDB, ids: list[str]) -> None:
    db.store.add_edges(around(ids[:2], made=WOVEN))
    old = {edge.e for id in ids for edge in db.store.edges_of(db.get_node(id).n, "out")}
    again = [one._replace(id=f"again {one.id}", weight=1.5) for one in around(ids[:2], made=WOVEN)]
    before = newest(db)
    db.store.add_edges([*again, *around(ids, "NEAR", WOVEN)])
    stored = [edge for id in ids for edge in db.store.edges_of(db.get_node(id).n, "out")]
    assert {edge.e for edge in stored if edge.weight == 1.5} == old and len(stored) == 6
    noted = {e for first, last in put_since(db, "edge", before) for e in range(first, last + 1)}
    assert noted == {edge.e for edge in stored}


def test_many_edges_and_vectors_are_deleted_at_once_or_none_of_them(db: EmbeddedDB, ids: list[str]) -> None:
    edges, vectors = around(ids), [embedding_draft(id, np.ones(3), "mine") for id in ids]
    db.store.add_edges(edges)
    db.store.put_embeddings(vectors)
    with pytest.raises(EdgeNotFound, match="nothing"):
        db.store.delete_edges([edges[0].id, "nothing"])
    with pytest.raises(EmbeddingNotFound, match="nothing"):
        db.store.delete_embeddings([vectors[0].id, "nothing"])
    before = newest(db)
    db.store.delete_edges([edge.id for edge in edges[1:]])
    db.store.delete_embeddings([vector.id for vector in vectors[1:]])
    assert db.stats()["edges"] == {"NEXT": 1} and db.stats()["embeddings"] == {"mine": 1}
    assert len(put_since(db, "edge", before)) == len(put_since(db, "embedding", before)) == 1


def test_a_bulk_of_vectors_with_a_wrong_one_stores_nothing(db: EmbeddedDB, ids: list[str]) -> None:
    good = [embedding_draft(id, np.ones(3), "mine", id=f"of {id}") for id in ids]
    with pytest.raises(InvalidNode, match="3 numbers, this one 4"):
        db.store.put_embeddings([*good, embedding_draft(ids[0], np.ones(4), "mine")])
    with pytest.raises(NodeNotFound, match="nobody"):
        db.store.put_embeddings([*good, embedding_draft("nobody", np.ones(3), "mine")])
    with pytest.raises(Conflict, match=good[1].id):
        db.store.put_embeddings([*good, embedding_draft(ids[0], np.ones(3), "other", id=good[1].id)])
    assert db.stats()["embeddings"] == {}
    db.store.put_embeddings(good)
    assert db.stats()["embeddings"] == {"mine": 4} and db.get_embedding(good[2].id).node_id == ids[2]


def test_a_file_of_the_first_version_keeps_its_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = {"0001_first_tables": schema.migrations()["0001_first_tables"]}
    with monkeypatch.context() as patched:
        patched.setattr("embedded_db.storage.schema.migrations", lambda: first)
        store = Store(Connections(tmp_path / "m.db"))
        store.entry_stages = lambda type: [("embed", Priority.URGENT)]
        store.add_nodes([node_draft({"type": "Message", "chat_id": "chat", "content": "hello"})])
        store.connections.close()
    with EmbeddedDB(tmp_path / "m.db", durability="normal", weave=False) as db:
        assert db.weaver_status()["pending"] == {"embed": 1}


def test_messages_of_several_steps_are_stored_in_their_order_with_words_and_tasks(db: EmbeddedDB) -> None:
    texts = [f"number {n} of many" for n in range(2 * AT_ONCE + 1)]
    ids = db.add_messages(({"content": text} for text in texts), "chat")
    assert [message.content for message in db.get_node("chat").messages()] == texts
    assert [message.id for message in db.get_node("chat").messages()] == ids
    assert db.weaver_status()["pending"]["embed"] == len(texts)
    last = db.query(semantic_query={"text": str(2 * AT_ONCE), "mode": "words"})
    assert [hit.node.id for hit in last] == [ids[-1]]


@pytest.mark.parametrize("place", [0, AT_ONCE - 1, AT_ONCE, 2 * AT_ONCE])
def test_one_bad_message_of_a_bulk_leaves_nothing_behind(db: EmbeddedDB, place: int) -> None:
    messages = [{"content": "something"} for _ in range(2 * AT_ONCE + 1)]
    messages[place] = {"contents": "no such field"}
    with pytest.raises(InvalidNode, match="contents"):
        db.add_messages(messages, "chat")
    assert db.stats()["nodes"] == {} and db.weaver_status()["queue_size"] == 0
    assert db.repair() == []


def test_where_messages_come_from_may_use_the_database_while_it_is_asked(db: EmbeddedDB) -> None:
    def coming() -> Iterator[dict[str, str]]:
        for n in range(AT_ONCE + 10):
            with contextlib.suppress(Undone), db.transaction():
                db.create_node({"type": "Stone", "id": f"stone {n}"})
                if n % 2:
                    raise Undone
            yield {"content": f"message {n}", "id": f"m{n}"}

    db.add_messages(coming(), "chat")
    assert db.stats()["nodes"] == {"Chat": 1, "Message": AT_ONCE + 10, "Stone": AT_ONCE // 2 + 5}
    assert db.weaver_status()["pending"]["embed"] == AT_ONCE + 10
