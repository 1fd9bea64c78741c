"""Order by meaning, words, time and graph, against scoring every node by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from embedded_db import ConvergedQuery, EmbeddedDB, Field, InvalidQuery
from embedded_db.indexing.recent import Recent
from embedded_db.models import Node
from tests.embedded_db.query.asking import DIMENSIONS, embed, everything, filled, ids, vector_of

TEXT = "rust database speed"


def cosines(nodes: list[Node], text: str = TEXT) -> dict[str, float]:
    """Cosine of all nodes that have a vector."""
    query = embed([text])[0].astype(float)
    stored = {node.id: node.embedding() for node in nodes}
    return {
        id: float(one.vector.astype(float) @ query / np.linalg.norm(one.vector.astype(float)))
        for id, one in stored.items() if one is not None
    }  # fmt: skip


@pytest.mark.parametrize("threshold", [0.0, 0.4, 0.9])
@pytest.mark.parametrize("filter", [None, Field("type") == "Ticket", Field("severity") >= 8, Field("role") != "user"])
def test_the_best_by_meaning_are_the_best(full: EmbeddedDB, filter: Any, threshold: float) -> None:
    nodes = [hit.node for hit in full.query(filter, limit=10_000)]
    by_hand = {id: one for id, one in cosines(nodes).items() if one >= threshold or not threshold}
    best = sorted(by_hand, key=lambda id: (-by_hand[id], full.get_node(id).n))
    found = full.query(filter, semantic_query={"text": TEXT, "mode": "semantic", "threshold": threshold}, limit=25)
    assert len(found) == min(25, len(best)), "never short"
    assert [hit.score for hit in found] == pytest.approx([by_hand[id] for id in best[:25]], abs=2e-5)
    assert [hit.similarity_score for hit in found] == pytest.approx([max(hit.score, 0) for hit in found])
    assert all(hit.scores.keys() == {"similarity"} for hit in found)


def test_a_filter_against_the_grain_leaves_nothing_out(db: EmbeddedDB) -> None:
    """Filters come before the search: those that fulfil this one are the furthest of all from the query."""
    random = np.random.default_rng(1)
    query = random.standard_normal(64)
    vectors = random.standard_normal((3000, 64))
    order = np.argsort(-(vectors @ query) / np.linalg.norm(vectors, axis=1))
    last = set(order[-150:].tolist())
    with db.transaction():
        made = db.add_messages(
            [{"content": str(at), "role": "far" if at in last else "near"} for at in range(3000)], chat_id="c"
        )
        for id, vector in zip(made, vectors, strict=True):
            db.create_embedding(id, vector)
    found = db.query(Field("role") == "far", semantic_query={"vector": query}, limit=10)
    assert ids(found) == [made[at] for at in order[-150:-140]]
    assert ids(db.query(semantic_query={"vector": query}, limit=10)) == [made[at] for at in order[:10]]
    assert found[0].similarity_score == 0.0 and found[0].score < 0, "similarity is no distance, and not below 0"


def test_a_vector_finds_by_itself_what_a_text_with_it_finds(full: EmbeddedDB) -> None:
    by_text = full.query(semantic_query={"text": TEXT, "mode": "semantic"})
    assert ids(full.query(semantic_query={"vector": embed([TEXT])[0] * 7})) == ids(by_text)


def test_words_count_beside_meaning_and_each_hit_says_how_much(full: EmbeddedDB) -> None:
    nodes = everything(full)
    alike = cosines(nodes, "violin")
    found = full.query(semantic_query={"text": "violin"}, limit=10_000)
    beside = {hit.node.id for hit in found if hit.scores["context"]}
    assert {hit.node.id for hit in found} - beside == (
        set(alike) | {node.id for node in nodes if "violin" in node.content}
    ) - beside
    for hit in found:
        assert (hit.scores["words"] > 0) == ("violin" in hit.node.content.split())
        assert 0 <= hit.scores["words"] < 1
        said = hit.scores["words"] + hit.scores["context"]
        assert hit.score == pytest.approx(alike.get(hit.node.id, 0) + said, abs=2e-5)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    by_words = full.query(semantic_query={"text": "violin", "mode": "words"}, limit=10_000)
    assert {hit.node.id for hit in by_words} == {node.id for node in nodes if "violin" in node.content.split()}
    assert all(hit.similarity_score == 0 and hit.score > 0 for hit in by_words)


def test_what_has_no_vector_yet_is_found_by_its_words(db: EmbeddedDB) -> None:
    message = db.create_message("c", "The violins were wonderful")
    assert ids(db.query(semantic_query={"text": "violin concerts"})) == [message.id]
    assert ids(db.query(semantic_query={"text": "violin", "mode": "semantic"})) == []
    other = db.create_message("c", "rust")
    db.create_embedding(other.id, vector_of("rust"))
    assert ids(db.query(semantic_query={"text": "violin rust"}))[:2] == [other.id, message.id]
    assert ids(db.query(semantic_query={"text": "violin rust", "threshold": 0.1})) == [other.id]


def test_rare_words_outweigh_common_ones(db: EmbeddedDB) -> None:
    common = [db.create_message("c", f"the concert number {at}").id for at in range(30)]
    rare = db.create_message("c", "a violin").id
    found = db.query(semantic_query={"text": "the violin concert", "mode": "words"}, limit=50)
    assert ids(found)[0] == rare and set(ids(found)[1:]) == set(common)


def test_words_that_half_the_nodes_have_are_left_out_when_rarer_ones_say_more(db: EmbeddedDB) -> None:
    from embedded_db.indexing.words import BUDGET

    db.add_messages([{"content": f"tea {at}"} for at in range(BUDGET + 100)], chat_id="c")
    rare = db.create_message("c", "tea with violins").id
    found = db.query(semantic_query={"text": "tea violin", "mode": "words"})
    assert ids(found) == [rare]
    words = next(stage for stage in found.stages if stage.name == "words")
    assert (words.exact, words.detail) == (False, "violin; too common: tea")
    assert len(db.query(semantic_query={"text": "tea", "mode": "words"}, limit=20)) == 20, "alone it counts"


def test_new_nodes_gain_by_recency(db: EmbeddedDB) -> None:
    now = datetime.now(UTC)
    made = []
    for days in (0, 7, 14, -3):
        made.append(db.create_message(f"c{days}", "rust", created_at=now - timedelta(days=days)))
        db.create_embedding(made[-1].id, vector_of("rust"))
    found = db.query(semantic_query={"text": "rust", "mode": "semantic"}, recency=0.3)
    assert {hit.node.id for hit in found[:2]} == {made[0].id, made[3].id}
    assert [hit.scores["recency"] for hit in found] == pytest.approx([1, 1, 0.5, 0.25], abs=1e-3)
    assert [hit.score for hit in found] == pytest.approx([1.3, 1.3, 1.15, 1.075], abs=1e-3)
    faster = db.query(
        Field("type") == "Message", semantic_query={"text": "rust"}, recency=0.3, half_life=timedelta(days=3.5)
    )
    assert [hit.scores["recency"] for hit in faster] == pytest.approx([1, 1, 0.25, 1 / 16], abs=1e-3)


def test_lively_chats_gain_by_activity(db: EmbeddedDB) -> None:
    now = datetime.now(UTC)
    lively, quiet = (db.create_message(chat, "rust", created_at=now - timedelta(days=30)) for chat in ("a", "b"))
    outside = db.create_node({"type": "Thing", "content": "rust"})
    for node in (lively, quiet, outside):
        db.create_embedding(node.id, vector_of("rust"))
    query = ConvergedQuery(semantic_query={"text": "rust", "mode": "semantic"}).favour(activity=0.5)
    newest = db.create_message("a", "hello", created_at=now)
    found = db.execute_query(query)
    assert found[0].node == lively and found[0].scores["activity"] == pytest.approx(1, abs=1e-3)
    assert {hit.node.id: round(hit.scores["activity"], 3) for hit in found[1:]} == {quiet.id: 0.051, outside.id: 0.0}
    newest.delete()
    assert db.execute_query(query)[0].scores["activity"] == pytest.approx(0.051, abs=1e-3)


def test_what_hangs_on_the_best_hits_gains_by_expansion(db: EmbeddedDB) -> None:
    best, near, far, alone = (db.create_node({"type": "Thing", "id": id, "content": id}) for id in ("b", "n", "f", "a"))
    best.link_to(near, "ANSWERS")
    near.link_to(far, "ANSWERS")
    for node, text in ((best, "rust"), (alone, "rust soup garden music train ticket")):
        db.create_embedding(node.id, embed([text])[0])
    query = ConvergedQuery(semantic_query={"text": "rust", "mode": "semantic"})
    assert ids(db.execute_query(query)) == ["b", "a"]
    found = db.execute_query(query.expanded(depth=2, direction="out"))
    assert {hit.node.id: round(hit.scores["graph"], 3) for hit in found} == {"b": 0, "n": 0.5, "f": 0.25, "a": 0}
    assert {hit.node.id: str(hit.path) for hit in found if hit.path} == {
        "n": "b -ANSWERS-> n", "f": "b -ANSWERS-> n -ANSWERS-> f",
    }  # fmt: skip
    one = db.query(semantic_query={"text": "rust", "mode": "semantic"}, expand=1)
    assert {hit.node.id for hit in one} == {"b", "a", "n"}
    assert ids(db.execute_query(query.expanded(edge_types=["CITES"]))) == ["b", "a"]
    only_far = db.execute_query(query.expanded(depth=2).where(Field("id") == "f"))
    assert ids(only_far) == [], "seeds are candidates, too"


def test_time_orders_within_a_threshold(full: EmbeddedDB) -> None:
    asked = {"text": TEXT, "threshold": 0.5}
    expected = {id for id, cosine in cosines(everything(full)).items() if cosine >= 0.5}
    for order, sign in (("newest", -1), ("oldest", 1)):
        found = full.query(semantic_query=asked, order=order, limit=10_000)  # type: ignore[arg-type]
        assert {hit.node.id for hit in found} == expected
        moments = [(sign * hit.node.created_at.timestamp(), sign * hit.node.n) for hit in found]
        assert moments == sorted(moments)
    with pytest.raises(InvalidQuery, match="threshold"):
        full.query(semantic_query={"text": TEXT}, order="newest")


def test_results_are_records_and_of_any_type(full: EmbeddedDB) -> None:
    found = full.query(semantic_query={"text": TEXT}, limit=30)
    assert {hit.node.type for hit in found} == {"Message", "Log", "Ticket"}
    assert found[0].node.edges_out() is not None


@pytest.mark.parametrize("path", [":memory:", None])
def test_explain_tells_what_each_stage_left(path: str | None, tmp_path: Any) -> None:
    with EmbeddedDB(path or tmp_path / "x.db", durability="normal", weave=False) as db:
        filled(db, 50)
        found = db.query(
            [{"property": "type", "operator": "NotEquals", "value": "Log"}],
            {"start": "chat1", "depth": 2},
            {"text": TEXT},
            expand={"depth": 1, "weight": 0.1},
            limit=3,
        )
        names = [stage.name for stage in found.stages]
        assert names == ["refresh", "graph", "filters", "embed", "words", "expansion", "vectors", "read"]
        left = {stage.name: stage.candidates for stage in found.stages}
        assert left["refresh"] == db.stats()["nodes"].get("Chat", 0) + 50
        assert left["refresh"] >= left["graph"] >= left["filters"] >= left["read"] == 3
        table = found.explain().splitlines()
        assert len(table) == 9 and table[0].split() == ["stage", "left", "exact", "ms"]
        assert repr(found) == "<3 hits, and more behind the cursor>"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "a text or a vector"),
        ({"text": " "}, "has words in it"),
        ({"text": 3}, "has words in it"),
        ({"vector": [0, 0]}, "not all 0"),
        ({"vector": "abc"}, "a row of numbers"),
        ({"vector": [1.0, 2.0]}, f"2 numbers, those of 'static' have {DIMENSIONS}"),
        ({"text": "a", "threshold": 1.5}, "from 0 to 1"),
        ({"text": "a", "threshold": "high"}, "from 0 to 1"),
        ({"text": "a", "mode": "fuzzy"}, "hybrid, semantic, words"),
        ({"vector": [1.0], "mode": "words"}, "needs a text"),
        ({"text": "a", "mode": "words", "threshold": 0.5}, "does not look at"),
        ({"text": "a", "words": -1}, "0 or more"),
        ({"query": "a"}, "it has text, vector"),
        ("rust", "is a dict"),
    ],
)
def test_a_semantic_query_that_cannot_be_is_told(full: EmbeddedDB, asked: Any, said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        full.query(semantic_query=asked)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"limit": 0}, "1 to 10000"),
        ({"limit": 2.5}, "whole number"),
        ({"order": "best"}, "relevance, newest, oldest"),
        ({"order": "relevance"}, "needs a semantic_query"),
        ({"recency": "much"}, "weight"),
        ({"half_life": 0}, "half_life"),
        ({"half_life": "a week"}, "half_life"),
        ({"time_range": "today"}, "time_range"),
        ({"time_range": ["today", None]}, "ISO 8601"),
        ({"expand": {"hops": 2}}, "it has depth, direction"),
    ],
)
def test_a_part_that_cannot_be_is_told(db: EmbeddedDB, parts: Any, said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        db.query(**parts)


def test_a_whole_query_may_be_a_dict(full: EmbeddedDB) -> None:
    parts = {"semantic_query": {"text": TEXT}, "limit": 3}
    assert ids(full.execute_query(parts)) == ids(full.query(**parts))  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery, match="no part 'colour'; it has structural_filters"):
        full.execute_query({"colour": 1})
    with pytest.raises(InvalidQuery, match="a dict of its parts, not str"):
        full.execute_query("rust")  # type: ignore[arg-type]


def test_the_builder_makes_the_query_of_the_dicts() -> None:
    built = (
        ConvergedQuery()
        .where(Field("role") == "user", {"property": "n", "operator": "Exists"})
        .near("rust", threshold=0.2, words=0.1)
        .within("a", depth=2, direction="out", edge_types=["KNOWS"])
        .between(None, 1_700_000_000)
        .favour(recency=0.1, half_life=60)
        .expanded(2, weight=0.3)
        .take(7)
    )
    written = ConvergedQuery(
        structural_filters=[
            {"property": "role", "operator": "Equals", "value": "user"}, {"property": "n", "operator": "Exists"},
        ],
        semantic_query={"text": "rust", "threshold": 0.2, "words": 0.1},
        graph_filter={"start": "a", "depth": 2, "direction": "out", "edge_types": ["KNOWS"]},
        time_range=(None, datetime.fromtimestamp(1_700_000_000, UTC)), recency=0.1, half_life=timedelta(minutes=1),
        expand={"depth": 2, "weight": 0.3}, limit=7,
    )  # fmt: skip
    assert built == written and built.fingerprint() == written.fingerprint()
    assert ConvergedQuery().oldest().order == "oldest" and ConvergedQuery().newest() == ConvergedQuery()


def test_hits_deleted_while_a_page_is_made_do_not_make_it_short(
    db: EmbeddedDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(db, 60)
    query = ConvergedQuery(semantic_query={"text": TEXT, "mode": "semantic"}, limit=5)
    best = db.execute_query(query)
    real, deleted = db.indexes.rows, []

    def rows(numbers: Any) -> Any:
        if not deleted:
            deleted.append(best[0].node.id)
            db.delete_node(best[0].node.id)
        return real(numbers)

    monkeypatch.setattr(db.indexes, "rows", rows)
    db.indexes.recent = Recent()  # as another process, which has not read these rows
    assert ids(db.execute_query(query))[:4] == ids(best)[1:]
    assert len(db.execute_query(query)) == 5
