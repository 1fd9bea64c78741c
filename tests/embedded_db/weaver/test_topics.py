"""A chat that has no topic gets one from what is said in it; one of the user's is never touched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from embedded_db import drafts
from embedded_db.storage import tasks
from embedded_db.storage.tasks import Priority
from tests.embedded_db.weaver.world import World, chatter


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def test_a_chat_without_a_topic_gets_one_from_what_is_said_in_it(world: World) -> None:
    world.say(*chatter(5))
    world.weave()
    assert "database index" in world.store.node("chat_1").properties["topic"]


def test_four_messages_are_about_nothing_yet(world: World) -> None:
    world.say(*chatter(4))
    world.weave()
    assert "topic" not in world.store.node("chat_1").properties


def test_who_speaks_is_not_what_is_spoken_of(world: World) -> None:
    world.say(*["Mel, Melanie's pottery class is great! Wow, Melanie!"] * 6, sender="Melanie Gray")
    world.weave()
    assert world.store.node("chat_1").properties["topic"] == "pottery class"


def test_what_is_said_in_every_chat_says_little_of_one(world: World) -> None:
    world.say(*["our garden and the bicycle", "the bicycle and our garden"] * 3)
    for number in range(2, 12):
        world.say(*["the bicycle broke down"] * 5, chat=f"chat_{number}")
    world.weave()
    assert world.store.node("chat_1").properties["topic"].startswith("garden")


def test_a_topic_that_the_user_takes_away_is_found_again(world: World) -> None:
    world.say(*chatter(20))
    world.weave()
    topic = world.store.node("chat_1").properties["topic"]
    world.store.update_node("chat_1", {"topic": None})
    world.say("one more word about it")
    world.weave()
    assert world.store.node("chat_1").properties["topic"] == topic


def test_a_chat_that_has_its_topic_is_not_read_again_unless_somebody_asks_for_it(world: World) -> None:
    world.say(*chatter(20))
    world.weave()
    topic = world.store.node("chat_1").properties["topic"]
    embedded: list[str] = []
    world.models.before = embedded.append
    with world.store.writing() as database:
        tasks.enqueue(database, "topic", [world.store.node("chat_1").n], Priority.LOW)
    world.weave_to_the_end()
    assert embedded == []
    for kind in ("topic", "all"):
        with world.store.writing() as database:
            database.execute("""UPDATE nodes SET properties = '{"topic":"old rules"}', metadata =
                json_set(metadata, '$.woven_topic.text', 'old rules') WHERE id = 'chat_1'""")
        world.weaver.reweave(kind)
        world.weave_to_the_end()
        assert world.store.node("chat_1").properties["topic"] == topic, kind


def test_weaving_topics_again_leaves_those_of_users_alone(world: World) -> None:
    world.store.add_nodes([drafts.node_draft({"type": "Chat", "id": "chat_1", "topic": "Rust"})])
    world.say(*chatter(20))
    world.weave()
    world.weaver.reweave("topic")
    world.weave_to_the_end()
    assert world.store.node("chat_1").properties == {"topic": "Rust"}


def test_a_topic_of_the_user_is_never_touched(world: World) -> None:
    world.store.add_nodes([drafts.node_draft({"type": "Chat", "id": "chat_1", "topic": "Rust"})])
    world.say(*chatter(20))
    world.weave()
    assert world.store.node("chat_1").properties == {"topic": "Rust"}


def test_a_topic_that_was_woven_follows_the_chat_until_the_user_gives_one(world: World) -> None:
    world.say(*chatter(20))
    world.weave()
    world.say(*["a cake needs fresh butter; bake the cake slowly, butter first"] * 60)
    world.weave()
    assert "cake" in world.store.node("chat_1").properties["topic"]
    world.store.update_node("chat_1", {"topic": "Baking"})
    world.say(*chatter(200))
    world.weave()
    assert world.store.node("chat_1").properties["topic"] == "Baking"
