"""What a user does every day: make nodes, edges and vectors, read them, change them, delete them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

import embedded_db
from embedded_db import (
    Chat,
    Conflict,
    EdgeNotFound,
    EmbeddedDB,
    EmbeddingNotFound,
    Entity,
    InvalidNode,
    Message,
    NodeNotFound,
)
from embedded_db.types import NODE_TYPES

FULL = {
    "Chat": {"title": "T", "topic": "Rust"},
    "Message": {"chat_id": "c", "sender": "Alice", "role": "user", "content": "Hi", "reply_to": "m"},
    "Summary": {"chat_id": "c", "content": "short", "messages": ["m"]},
    "Entity": {"label": "Paris", "entity_type": "GPE"},
    "Attachment": {"chat_id": "c", "name": "a.pdf", "content": "text", "media_type": "t", "path": "p", "size": 3},
    "Bookmark": {"title": "T", "content": "c", "url": "u"},
    "ScrapedPage": {"title": "T", "content": "c", "url": "u"},
    "WebSearch": {"chat_id": "c", "query": "q", "results": [{"url": "u"}]},
    "AudioTranscript": {"chat_id": "c", "title": "T", "content": "c", "path": "p", "duration": 1.5, "language": "de"},
    "ImageMetadata": {
        "chat_id": "c",
        "title": "T",
        "caption": "c",
        "path": "p",
        "width": 1,
        "height": 2,
        "format": "f",
    },
    "ModelInfo": {"name": "m", "version": "1", "provider": "p", "dimensions": 4},
    "ActionOutcome": {"chat_id": "c", "action": "a", "outcome": "o", "success": True},
    "Log": {"chat_id": "c", "content": "c", "source": "s", "level": "info"},
}


@pytest.mark.parametrize("type", sorted(NODE_TYPES))
def test_every_type_gives_back_all_its_fields(db: EmbeddedDB, type: str) -> None:
    moment = datetime(2024, 2, 29, 12, 30, 0, 123456, tzinfo=UTC)
    fields = {"type": type, "id": "it", "created_at": moment, "metadata": {"my": ["own"]}, **FULL[type]}
    db.create_node(fields)
    node = db.get_node("it")
    assert node.to_dict() == fields
    shown = FULL[type].keys() - {"messages"}  # of a summary: a method that returns them
    assert {name: getattr(node, name) for name in shown} == {name: FULL[type][name] for name in shown}
    assert set(FULL[type]) == {*NODE_TYPES[type].columns, *NODE_TYPES[type].fields}


def test_a_type_of_ones_own_takes_any_field(db: EmbeddedDB) -> None:
    ticket = db.create_node({"type": "Ticket", "title": "Broken", "severity": 3, "labels": ["a"]})
    assert (ticket.severity, ticket.labels, ticket.title, ticket.type) == (3, ["a"], "Broken", "Ticket")
    with pytest.raises(AttributeError, match="assignee"):
        _ = ticket.assignee


def test_the_example_of_the_specification_works(db: EmbeddedDB) -> None:
    chat = db.create_chat(title="Project Discussion", topic="Rust Database")
    message = chat.add_message(sender="Alice", content="We should use Rust for performance", role="user")
    assert isinstance(chat, Chat) and isinstance(message, Message)
    assert (chat.title, chat.topic) == ("Project Discussion", "Rust Database")
    assert (message.sender, message.role, message.chat_id) == ("Alice", "user", chat.id)
    assert chat.messages() == [message] and message.chat() == chat


def test_a_message_to_a_chat_that_does_not_exist_makes_the_chat(db: EmbeddedDB) -> None:
    message = db.create_message(chat_id="chat_1", content="Alice met Bob in Paris")
    assert db.get_node("chat_1").messages() == [message]
    assert db.create_message("chat_1", "again").chat() == message.chat()
    assert len(db.chats()) == 1


def test_messages_come_in_the_order_of_time_and_then_of_writing(db: EmbeddedDB) -> None:
    chat = db.create_chat()
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    for text, offset in (("second", 0), ("third", 0), ("fourth", 5), ("first", -5)):
        chat.add_message(None, text, created_at=moment + timedelta(seconds=offset))
    assert [m.content for m in chat.messages()] == ["first", "second", "third", "fourth"]
    assert [m.content for m in chat.messages(limit=2)] == ["third", "fourth"]


@pytest.mark.parametrize(
    "given",
    [
        datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        "2024-01-01T00:00:00+00:00",
        1704067200,
        1704067200.0,
    ],
)
def test_times_of_any_kind_come_back_aware_in_utc(db: EmbeddedDB, given: object) -> None:
    node = db.create_node({"type": "Chat", "created_at": given})
    assert node.created_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert node.created_at.tzinfo is UTC


@pytest.mark.parametrize("given", ["yesterday", True, float("nan"), 1e300, [1]])
def test_what_is_no_time_is_refused_by_name(db: EmbeddedDB, given: object) -> None:
    with pytest.raises(InvalidNode, match="created_at") as caught:
        db.create_chat(created_at=given)
    assert caught.value.field == "created_at"


@pytest.mark.parametrize(
    ("node", "field"),
    [
        ({}, "type"),
        ({"type": 3}, "type"),
        ({"type": "Message"}, "content"),
        ({"type": "Message", "content": "x", "colour": "red"}, "colour"),
        ({"type": "Message", "content": 3}, "content"),
        ({"type": "Attachment", "name": "a", "size": "big"}, "size"),
        ({"type": "Attachment", "name": "a", "size": True}, "size"),
        ({"type": "Chat", "metadata": [1]}, "metadata"),
        ({"type": "Chat", "metadata": {"a": object()}}, "metadata"),
        ({"type": "Chat", "metadata": {"a": float("nan")}}, "metadata"),
        ({"type": "Chat", "id": ""}, "id"),
        ({"type": "Chat", "id": "a\0b"}, "id"),
        ({"type": "Chat", "id": 7}, "id"),
    ],
)
def test_a_node_that_cannot_be_stored_names_the_field(db: EmbeddedDB, node: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidNode) as caught:
        db.create_node(node)
    assert caught.value.field == field
    assert db.stats()["nodes"] == {}


def test_an_id_that_is_taken_is_a_conflict_that_names_it(db: EmbeddedDB) -> None:
    db.create_chat("one", id="c")
    with pytest.raises(Conflict, match="'c'"):
        db.add_messages([{"content": "kept out"}, {"content": "taken", "id": "c"}], chat_id="c")
    assert db.get_node("c").messages() == []


def test_an_entity_is_there_once_however_it_is_written(db: EmbeddedDB) -> None:
    paris = db.create_node({"type": "Entity", "label": "Paris", "entity_type": "GPE"})
    with pytest.raises(Conflict, match="paRIS"):
        db.create_node({"type": "Entity", "label": "  paRIS ", "entity_type": "gpe", "id": "other"})
    other = db.create_node({"type": "Entity", "label": "Paris", "entity_type": "PERSON"})
    assert isinstance(paris, Entity) and paris != other
    with pytest.raises(Conflict, match="delete one"):
        other.update(entity_type="GPE")


def test_an_entity_has_the_same_id_in_every_file(db: EmbeddedDB) -> None:
    with EmbeddedDB(":memory:", weave=False) as elsewhere:
        ids = {
            one.create_node({"type": "Entity", "label": "Paris", "entity_type": "GPE"}).id for one in (db, elsewhere)
        }
    assert len(ids) == 1


def test_a_chat_id_must_be_that_of_a_chat(db: EmbeddedDB) -> None:
    db.create_node({"type": "Bookmark", "url": "u", "id": "mark"})
    with pytest.raises(InvalidNode, match="Bookmark"):
        db.create_message("mark", "hello")


def test_an_update_replaces_what_it_names_and_nothing_else(db: EmbeddedDB) -> None:
    node = db.create_node({"type": "Bookmark", "url": "u", "title": "T", "metadata": {"a": 1}})
    changed = db.update_node(node.id, {"title": None, "metadata": {"b": 2}})
    assert (changed.title, changed.url, changed.metadata) == (None, "u", {"b": 2})
    assert node.title == "T" and node.refresh().title is None
    assert node.updated_at > node.created_at == changed.created_at


@pytest.mark.parametrize("updates", [{"id": "other"}, {"type": "Log"}, {"created_at": None}, {"url": None}, {"x": 1}])
def test_an_update_cannot_make_something_that_is_no_such_node(db: EmbeddedDB, updates: dict[str, object]) -> None:
    node = db.create_node({"type": "Bookmark", "url": "u"})
    with pytest.raises(InvalidNode):
        db.update_node(node.id, updates)
    assert node.refresh().to_dict() == {"id": node.id, "type": "Bookmark", "url": "u", "created_at": node.created_at}


def test_a_message_can_be_emptied_and_changed_again(db: EmbeddedDB) -> None:
    message = db.create_message("c", "something")
    assert message.update(content="").content == ""
    assert message.update(metadata={"seen": True}).metadata == {"seen": True}


def test_edges_lead_out_and_in_and_can_be_changed(db: EmbeddedDB) -> None:
    one, two = db.create_chat("one"), db.create_chat("two")
    edge = db.create_edge(one.id, two.id, "FOLLOWS", {"why": "time"}, weight=2)
    one.link_to(two, "CITES")
    assert [e.type for e in one.edges_out()] == ["FOLLOWS", "CITES"] and one.edges_in() == []
    assert two.edges_in("FOLLOWS") == [edge] and (edge.source(), edge.target()) == (one, two)
    edge.update(weight=0.5, metadata={})
    again = db.get_edge(edge.id)
    assert (again.weight, again.metadata, again.type) == (0.5, {}, "FOLLOWS")
    assert db.update_edge(edge.id, {"type": "LEADS"}).type == "LEADS"
    edge.delete()
    with pytest.raises(EdgeNotFound, match=edge.id):
        db.get_edge(edge.id)
    with pytest.raises(EdgeNotFound):
        edge.delete()


def test_an_edge_says_its_fields(db: EmbeddedDB) -> None:
    one = db.create_chat()
    edge = one.link_to(one.id, "SELF", {"a": 1})
    fields = {"id": edge.id, "from_id": one.id, "to_id": one.id, "type": "SELF", "weight": 1.0, "metadata": {"a": 1}}
    assert edge.to_dict() == {**fields, "created_at": edge.created_at}
    assert edge.provenance is None and edge.created_at.tzinfo is UTC and "SELF" in repr(edge)


def test_an_edge_needs_both_its_ends(db: EmbeddedDB) -> None:
    chat = db.create_chat()
    with pytest.raises(NodeNotFound, match="nobody"):
        db.create_edge(chat.id, "nobody", "KNOWS")
    assert chat.edges_out() == []


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf"), True, "1"])
def test_the_weight_of_an_edge_is_a_length(db: EmbeddedDB, weight: float) -> None:
    chat = db.create_chat()
    with pytest.raises(InvalidNode, match="weight"):
        db.create_edge(chat.id, chat.id, "SELF", weight=weight)


@pytest.mark.parametrize("updates", [{"weight": 0}, {"type": ""}, {"from_id": "x"}])
def test_an_edge_cannot_become_something_else(db: EmbeddedDB, updates: dict[str, object]) -> None:
    chat = db.create_chat()
    edge = db.create_edge(chat.id, chat.id, "SELF")
    with pytest.raises(InvalidNode):
        edge.update(updates)


def test_the_id_of_an_edge_can_be_chosen_once(db: EmbeddedDB) -> None:
    chat = db.create_chat()
    db.create_edge(chat.id, chat.id, "SELF", id="e")
    with pytest.raises(Conflict, match="'e'"):
        db.create_edge(chat.id, chat.id, "SELF", id="e")


def test_a_node_has_one_vector_for_each_model(db: EmbeddedDB) -> None:
    chat = db.create_chat()
    assert db.get_embedding_for_node(chat.id) is None and chat.embedding() is None
    first = db.create_embedding(chat.id, [1, 2, 3])
    db.create_embedding(chat.id, np.ones(5), model="mine")
    second = db.update_embedding(first.id, [4, 5, 6])
    found = chat.embedding()
    assert found is not None and found.id == second.id and found.vector.tolist() == [4, 5, 6]
    assert found.vector.dtype == np.float32 and found.model == db.embedding_model and found.node_id == chat.id
    assert found.provenance is None and found.created_at >= first.created_at and "3 numbers" in repr(found)
    mine = chat.embedding("mine")
    assert mine is not None and mine.vector.tolist() == [1.0] * 5
    with pytest.raises(EmbeddingNotFound):
        db.get_embedding(first.id)
    db.delete_embedding(second.id)
    assert chat.embedding() is None and db.stats()["embeddings"] == {"mine": 1}


NOT_VECTORS = [[], [[1, 2]], [0, 0], [float("nan")], [float("inf")], [1e99], ["a"], None, 3.0]
NOT_ARRAYS = [np.array(values, np.float32) for values in ([], [[1, 2]], [0, 0], [float("nan"), 1], [float("inf")], 3.0)]


@pytest.mark.parametrize("vector", [*NOT_VECTORS, *NOT_ARRAYS])
def test_a_vector_says_a_direction(db: EmbeddedDB, vector: object) -> None:
    chat = db.create_chat()
    with pytest.raises(InvalidNode, match=r"[Vv]ector"):
        db.create_embedding(chat.id, vector)  # type: ignore[arg-type]


def test_vectors_of_one_model_are_equally_long_until_none_is_left(db: EmbeddedDB) -> None:
    one, two = db.create_chat("one"), db.create_chat("two")
    first = db.create_embedding(one.id, [1, 2, 3])
    with pytest.raises(InvalidNode, match="have 3 numbers, this one 2"):
        db.create_embedding(two.id, [1, 2])
    db.delete_embedding(first.id)
    assert db.create_embedding(two.id, [1, 2]).vector.size == 2


def test_an_embedding_needs_a_node_and_a_model(db: EmbeddedDB) -> None:
    with pytest.raises(NodeNotFound):
        db.create_embedding("nobody", [1])
    with pytest.raises(NodeNotFound):
        db.get_embedding_for_node("nobody")
    with pytest.raises(InvalidNode, match="model"):
        db.create_embedding(db.create_chat().id, [1], model=3)  # type: ignore[arg-type]


def test_entities_are_those_that_a_node_mentions(db: EmbeddedDB) -> None:
    message = db.create_message("c", "Alice met Bob, and Bob met Alice")
    alice, bob = (
        db.create_node({"type": "Entity", "label": label, "entity_type": "PERSON"}) for label in ("Alice", "Bob")
    )
    for entity, type in ((bob, "MENTIONS"), (alice, "MENTIONS"), (bob, "MENTIONS"), (alice, "KNOWS")):
        message.link_to(entity, type)
    assert message.entities() == [bob, alice] == db.get_entities_mentioned_in(message.id)
    assert [entity.label for entity in message.entities()] == ["Bob", "Alice"]


def test_what_does_not_exist_is_named(db: EmbeddedDB) -> None:
    for call in (db.get_node, db.delete_node, db.get_entities_mentioned_in):
        with pytest.raises(NodeNotFound, match="msg_1"):
            call("msg_1")
    with pytest.raises(EmbeddingNotFound, match="emb_1"):
        db.delete_embedding("emb_1")


def test_a_summary_returns_the_messages_that_it_was_made_of(db: EmbeddedDB) -> None:
    said = [db.create_message("c", text) for text in ("one", "two", "three")]
    db.create_node({"type": "Summary", "chat_id": "c", "content": "in short", "messages": [said[1].id, said[0].id]})
    (summary,) = db.get_node("c").summaries()
    assert summary.messages() == [said[1], said[0]]
    said[1].delete()
    assert summary.messages() == [said[0]]


def test_records_are_equal_if_they_are_the_same_row(db: EmbeddedDB) -> None:
    chat = db.create_chat("Plans")
    assert chat == db.get_node(chat.id) and len({chat, db.get_node(chat.id)}) == 1
    assert chat != db.create_chat("Plans") and chat != "Plans" and repr(chat) == f"<Chat {chat.id} 'Plans'>"
    edge = chat.link_to(chat, "SELF")
    assert edge == db.get_edge(edge.id) and len({edge, db.get_edge(edge.id)}) == 1


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = embedded_db.Nothing
