"""What is made of a text: its vector, links, entities; of a chat: summaries and topic. And what an edit takes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from embedded_db import drafts
from embedded_db.storage.tasks import Priority
from tests.embedded_db.weaver.world import STATIC, World, chatter, count

PARIS, ROME, OTHER = "Alice met Bob in Paris.", "Alice met Bob in Rome.", "The query planner is slow"


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def vector_of(text: str) -> bytes:
    """The vector of what Ann says."""
    blob: bytes = STATIC.embed([drafts.said_by("Ann", text)])[0].tobytes()
    return blob


def vector(text: str) -> bytes:
    """The vector of what Ann says."""
    return STATIC.embed([drafts.said_by("Ann", text)])[0].tobytes()


def summaries(world: World) -> list[tuple[str, list[str]]]:
    """Text and messages of each summary."""
    with world.store.reading() as database:
        rows = database.execute("SELECT id FROM nodes WHERE type = 'Summary' ORDER BY n").fetchall()
    found = [world.store.node(id) for (id,) in rows]
    return [(row.content, row.properties["messages"]) for row in found]


# Vectors


def test_a_message_has_a_vector_with_its_provenance(world: World) -> None:
    world.say(PARIS)
    world.weave()
    ((blob, task, model, digest),) = world.rows(
        "SELECT vector, task, model, source_hash FROM embeddings ORDER BY v LIMIT 1"
    )
    assert blob == vector_of(PARIS)
    assert (task, model, digest) == ("embed", STATIC.name, drafts.text_hash(None, PARIS, "Ann"))


@pytest.mark.parametrize("text", ["", "   ", "\0", "☃☃☃"])
def test_a_text_without_a_known_word_has_no_vector_and_is_done(world: World, text: str) -> None:
    world.say(text)
    world.weave()
    assert count(world, "embeddings") == 0
    assert count(world, "tasks") == 0


def test_chats_entities_and_summaries_can_be_found_by_meaning_too(world: World) -> None:
    world.store.add_nodes([drafts.node_draft({"type": "Chat", "id": "chat_1", "title": "Planning"})])
    world.say(PARIS, *chatter(19))
    world.weave()
    types = {type for (type,) in world.rows("SELECT DISTINCT type FROM embeddings JOIN nodes USING (n)")}
    assert types == {"Chat", "Message", "Entity", "Summary"}


def test_an_edit_brings_a_new_vector_and_the_old_one_is_gone_at_once(world: World) -> None:
    (id,) = world.say(PARIS)
    world.weave()
    world.store.update_node(id, {"content": OTHER})
    n = world.store.node(id).n
    assert world.rows("SELECT vector FROM embeddings WHERE n = ?", n) == []
    world.weave()
    assert world.rows("SELECT vector FROM embeddings WHERE n = ?", n) == [(vector_of(OTHER),)]


def test_a_vector_of_a_text_that_was_edited_meanwhile_is_not_stored(world: World) -> None:
    (id,) = world.say(PARIS)
    world.models.before = lambda stage: edit_once()
    edits = iter([OTHER])

    def edit_once() -> None:
        for text in edits:
            world.store.update_node(id, {"content": text})
            return

    assert world.weaver.run_once() == 1
    assert count(world, "embeddings") == 0, "it was made of a text that is no more"
    world.weave()
    n = world.store.node(id).n
    assert world.rows("SELECT vector FROM embeddings WHERE n = ?", n) == [(vector_of(OTHER),)]
    assert world.edges("MENTIONS") == {(OTHER, "The")}


def test_a_vector_that_the_user_brought_stays(world: World) -> None:
    (id,) = world.say(PARIS)
    own = drafts.embedding_draft(id, [1.0] * 256, world.models.embedding_model)
    world.store.put_embeddings([own])
    world.weave()
    (row,) = world.store.embeddings_of(world.store.node(id).n)
    assert row.provenance is None and row.vector.tolist() == [1.0] * 256


# Links


def test_texts_that_say_nearly_the_same_are_linked_once(world: World) -> None:
    world.say(PARIS, ROME, OTHER)
    world.weave()
    assert world.edges("RELATES_TO") == {(PARIS, ROME)}
    ((metadata, weight),) = world.rows("SELECT metadata, weight FROM edges WHERE type = 'RELATES_TO'")
    assert 0.85 < 2 - weight < 1
    assert "similarity" in metadata


def test_a_later_text_is_linked_to_an_earlier_one_and_not_back(world: World) -> None:
    world.say(PARIS)
    world.weave()
    world.say(ROME)
    world.weave()
    assert world.edges("RELATES_TO") == {(ROME, PARIS)}


def test_links_are_looked_for_only_when_there_are_vectors(world: World) -> None:
    """An earlier design computed links before embeddings existed, and found none."""
    world.say(PARIS, ROME)
    assert "link" not in {stage for _, stage, _ in world.queued()}, "it is asked for when the vector is stored"
    seen = []
    world.models.before = lambda stage: seen.append((stage, count(world, "edges WHERE type = 'RELATES_TO'")))
    world.weave()
    assert world.edges("RELATES_TO")


def test_at_most_three_links_are_drawn_from_a_text(world: World) -> None:
    world.say(*[PARIS] * 12)
    world.weave()
    drawn = world.rows("SELECT count(*) FROM edges WHERE type = 'RELATES_TO' GROUP BY source")
    assert max(number for (number,) in drawn) == 3


def test_only_what_people_say_is_linked(world: World) -> None:
    """The vectors of many entities called nearly like the text must not take the places of texts."""
    entities = [{"type": "Entity", "label": PARIS + "." * dots, "entity_type": "X"} for dots in range(60)]
    world.store.add_nodes([drafts.node_draft(one) for one in entities])
    world.say(ROME)
    world.weave()
    world.say(PARIS)
    world.weave()
    assert world.edges("RELATES_TO") == {(PARIS, ROME)}


def test_an_edit_takes_back_links_in_both_directions_and_draws_new_ones(world: World) -> None:
    _first, second = world.say(PARIS, ROME)
    world.weave()
    world.store.update_node(second, {"content": OTHER})
    assert world.edges("RELATES_TO") == set()
    world.store.update_node(second, {"content": PARIS + " Yes."})
    world.weave()
    assert world.edges("RELATES_TO") == {(PARIS + " Yes.", PARIS)}


# Entities


def test_an_entity_is_shared_by_all_texts_that_mention_it(world: World) -> None:
    world.say("Alice met Bob.", "then Bob left", "then BOB came  back")
    world.weave()
    assert world.edges("MENTIONS") == {
        ("Alice met Bob.", "Alice"), ("Alice met Bob.", "Bob"), ("then Bob left", "Bob"),
        ("then BOB came  back", "Bob"),
    }  # fmt: skip
    assert count(world, "nodes WHERE type = 'Entity'") == 2


def test_an_entity_is_one_however_its_letters_are_composed(world: World) -> None:
    world.say("Zo\u00eb", "Zoe\u0308")
    world.weave()
    assert count(world, "nodes WHERE type = 'Entity'") == 1


def test_a_text_has_one_edge_to_an_entity_with_all_places_where_it_stands(world: World) -> None:
    world.models.entities = lambda texts: [[*each, *each] for each in type(world.models).entities(world.models, texts)]
    world.say("Bob, then Bob")
    world.weave()
    assert world.rows("SELECT metadata FROM edges WHERE type = 'MENTIONS' AND metadata LIKE '%spans%'") != []
    assert count(world, "edges WHERE type = 'MENTIONS'") == 2  # "Bob," and "Bob" are two labels of the plain model


def test_doing_it_twice_is_doing_it_once(world: World) -> None:
    world.say(PARIS, ROME, *chatter(20))
    world.weave()
    before = [count(world, table) for table in ("nodes", "edges", "embeddings")]
    edges = world.rows("SELECT e, id FROM edges ORDER BY e")
    for stage in ("embed", "entities", "link"):
        world.weaver.reweave(stage)
        world.weave()
    assert [count(world, table) for table in ("nodes", "edges", "embeddings")] == before
    assert world.rows("SELECT e, id FROM edges ORDER BY e") == edges


def test_an_edit_takes_back_mentions_and_entities_that_nobody_mentions_any_more(world: World) -> None:
    first, _second = world.say(PARIS, ROME)
    world.weave()
    world.store.update_node(first, {"content": "Alice is here"})
    world.weave()
    assert {label for _, label in world.edges("MENTIONS")} == {"Alice", "Bob", "Rome"}
    assert {label for (label,) in world.rows("SELECT title FROM nodes WHERE type = 'Entity'")} == {
        "Alice",
        "Bob",
        "Rome",
    }


def test_an_entity_that_the_user_renamed_leaves_its_name_to_another(world: World) -> None:
    world.say("I know Bob")
    world.weave()
    ((id,),) = world.rows("SELECT id FROM nodes WHERE type = 'Entity' AND title = 'Bob'")
    world.store.update_node(id, {"label": "Robert"})
    world.say("you know Bob")
    world.weave()
    assert {label for (label,) in world.rows("SELECT title FROM nodes WHERE type = 'Entity'")} == {"I", "Robert", "Bob"}
    assert ("I know Bob", "Robert") in world.edges("MENTIONS")


# Summaries


def test_nineteen_messages_have_no_summary_and_twenty_have_one(world: World) -> None:
    ids = world.say(*chatter(19))
    world.weave()
    assert summaries(world) == []
    ids += world.say("the last one")
    world.weave()
    ((text, messages),) = summaries(world)
    assert messages == ids
    assert text.startswith("Ann: message 0") and text.endswith("Ann: the last one")


def test_windows_do_not_overlap_and_every_message_is_in_one_at_most(world: World) -> None:
    ids = world.say(*chatter(50))
    world.weave()
    read = [id for _, messages in summaries(world) for id in messages]
    assert read == ids[:40]
    world.say(*chatter(30))
    world.weave()
    assert [len(messages) for _, messages in summaries(world)] == [20] * 4


def test_a_long_chat_is_summed_up_in_several_goes(world: World) -> None:
    world.say(*chatter(400))
    world.weave()
    assert len(summaries(world)) == 20
    assert count(world, "nodes WHERE type = 'Message' AND summary IS NULL") == 0


def test_a_chat_contains_its_summaries_by_edges(world: World) -> None:
    world.say(*chatter(40))
    world.weave()
    assert (
        count(world, "edges JOIN nodes ON n = target WHERE edges.type = 'CONTAINS_SUMMARY' AND nodes.type = 'Summary'")
        == 2
    )


def test_a_summary_claims_only_messages_that_it_has_read(world: World) -> None:
    """A message that is edited while the model reads is not in the summary that is stored."""
    ids = world.say(*chatter(20))

    def edit(stage: str) -> None:
        if stage == "summarise":
            world.models.before = lambda stage: None
            world.store.update_node(ids[3], {"content": "Something else was said here"})

    world.models.before = edit
    world.weave()
    ((text, messages),) = summaries(world)
    assert "Something else was said here" in text and "message 3:" not in text
    assert messages == ids


def test_a_huge_message_is_read_in_part_for_a_summary(world: World) -> None:
    world.say("x" * 1_000_000, *chatter(19))
    world.weave()
    ((text, _),) = summaries(world)
    assert len(text) < 12_000


def test_messages_of_spaces_are_not_counted(world: World) -> None:
    world.say(*["  \n"] * 25, *chatter(19))
    world.weave()
    assert summaries(world) == []


def test_an_edit_of_a_message_takes_its_summary_back_and_another_is_made(world: World) -> None:
    ids = world.say(*chatter(20))
    world.weave()
    world.store.update_node(ids[0], {"content": "It was all different"})
    assert summaries(world) == []
    world.weave()
    ((text, _),) = summaries(world)
    assert text.startswith("Ann: It was all different")


def test_a_model_that_says_nothing_makes_no_summary_but_a_failure_with_its_reason(world: World) -> None:
    """An earlier design stored "generation failed" as a summary."""
    world.models.summarise_each = lambda windows: ["  " for _ in windows]
    world.say(*chatter(20))
    world.weave_to_the_end()
    assert summaries(world) == []
    ((failure),) = world.weaver.status()["failures"]
    assert failure["stage"] == "summarise" and "said nothing about 20 messages" in failure["reason"]


# What goes


def test_deleting_a_node_takes_its_tasks_along_and_nothing_fails(world: World) -> None:
    """An earlier design left queued work behind that failed again and again."""
    ids = world.say(PARIS, ROME)
    world.store.delete_nodes([ids[0]])
    world.weave()
    assert world.weaver.status()["failures"] == []
    assert {text for text, _ in world.edges("MENTIONS")} == {ROME}


def test_a_node_that_is_deleted_while_it_is_woven_leaves_nothing_behind(world: World) -> None:
    ids = world.say(PARIS, ROME)

    def delete(stage: str) -> None:
        world.models.before = lambda stage: None
        world.store.delete_nodes([ids[0]])

    world.models.before = delete
    world.weave()
    assert world.weaver.status()["failed"] == {}
    assert world.rows("SELECT content FROM embeddings JOIN nodes USING (n) WHERE type = 'Message'") == [(ROME,)]


def test_a_chat_that_is_deleted_while_it_is_summed_up_leaves_nothing_behind(world: World) -> None:
    world.say(*chatter(20))

    def delete(stage: str) -> None:
        if stage == "summarise":
            world.store.delete_nodes(["chat_1"])

    world.models.before = delete
    world.weave()
    assert [count(world, table) for table in ("nodes", "edges", "embeddings", "tasks")] == [0, 0, 0, 0]


# Urgency


def test_what_follows_is_never_more_urgent_than_what_it_follows(world: World) -> None:
    world.say(PARIS)
    world.rows("SELECT 1")
    with world.store.writing() as database:
        database.execute("UPDATE tasks SET priority = ?", (int(Priority.BATCH),))
    world.weaver.run_once()
    assert world.rows("SELECT priority FROM tasks WHERE stage = 'link'") == [(int(Priority.BATCH),)]


def test_a_message_is_urgent_a_log_can_wait_and_a_chat_is_summed_up_at_leisure(world: World) -> None:
    assert world.weaver.entry_stages("Message") == [("embed", Priority.URGENT), ("entities", Priority.URGENT)]
    assert world.weaver.entry_stages("Log") == [("embed", Priority.LOW)]
    assert world.weaver.entry_stages("Bookmark") == [("embed", Priority.NORMAL), ("entities", Priority.NORMAL)]
    assert world.weaver.chat_stages("Message") == [("summarise", Priority.LOW)]
    assert world.weaver.chat_stages("Log") == []
