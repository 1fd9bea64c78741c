"""Rows of hits are kept in memory: what a hit shows is what is stored all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedded_db import ConvergedQuery, EmbeddedDB
from embedded_db.indexing import recent
from embedded_db.storage import nodes

NEAR = np.eye(8, dtype=np.float32)
ASKED = ConvergedQuery(semantic_query={"vector": NEAR[0]}, limit=5)


@pytest.fixture
def db(tmp_path: Path) -> Any:
    with EmbeddedDB(tmp_path / "recent.db", weave=False) as db:
        for n in range(5):
            db.create_node({"type": "Item", "id": f"i{n}", "place": {"shelf": n}, "metadata": {"tags": [n]}})
            db.create_embedding(f"i{n}", NEAR[n] + NEAR[0])
        yield db


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the rows that were read from the file, as they are."""
    numbers: list[int] = []
    real = nodes.by_numbers

    def by_numbers(database: Any, asked: Any) -> Any:
        numbers.extend(asked)
        return real(database, asked)

    monkeypatch.setattr(nodes, "by_numbers", by_numbers)
    return numbers


def test_a_hit_that_comes_again_is_not_read_again(db: EmbeddedDB, read: list[int]) -> None:
    first = db.execute_query(ASKED)
    assert len(read) == 5
    again = db.execute_query(ASKED)
    assert len(read) == 5
    assert [hit.node.to_dict() for hit in again] == [hit.node.to_dict() for hit in first]


def test_what_a_user_does_to_a_hit_is_not_seen_by_the_next(db: EmbeddedDB) -> None:
    for _ in range(2):
        node = db.execute_query(ASKED)[0].node
        assert node.metadata == {"tags": [0]} and node.place == {"shelf": 0}
        node.metadata["tags"].append("mine")
        node.place["shelf"] = "mine"


def test_a_change_is_seen_by_the_next_query_whoever_made_it(db: EmbeddedDB) -> None:
    db.execute_query(ASKED)
    db.update_node("i1", {"place": "here"})
    with EmbeddedDB(db.path, weave=False) as other:
        other.update_node("i2", {"place": "there"})
        other.delete_node("i3")
    found = {hit.node.id: hit.node.place for hit in db.execute_query(ASKED)}
    assert found == {"i0": {"shelf": 0}, "i1": "here", "i2": "there", "i4": {"shelf": 4}}


def test_what_is_undone_was_never_seen_outside_its_transaction(db: EmbeddedDB) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), db.transaction():
        db.update_node("i1", {"place": "inside"})
        assert {hit.node.place for hit in db.execute_query(ASKED) if hit.node.id == "i1"} == {"inside"}
        raise Undone
    found = {hit.node.id: hit.node.place for hit in db.execute_query(ASKED)}
    assert found["i1"] == {"shelf": 1}


def test_what_was_read_while_it_changed_is_not_kept(
    db: EmbeddedDB, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = nodes.by_numbers

    def changed_meanwhile(database: Any, asked: Any) -> Any:
        found = counted(database, asked)
        monkeypatch.setattr(nodes, "by_numbers", counted)
        db.update_node("i1", {"place": "since"})
        db.indexes.refreshed()  # as by another thread
        return found

    monkeypatch.setattr(nodes, "by_numbers", changed_meanwhile)
    db.execute_query(ASKED)
    assert {hit.node.place for hit in db.execute_query(ASKED) if hit.node.id == "i1"} == {"since"}


def test_memory_has_a_limit_and_long_texts_are_not_kept(
    db: EmbeddedDB, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "MOST", 3)
    numbers = [hit.node.n for hit in db.execute_query(ASKED)]
    for n in numbers:
        db.indexes.rows([n])
        db.indexes.rows([n])
    assert read[5:] == numbers, "a page larger than all that is kept is not kept; each alone is"
    db.update_node("i0", {"notes": "x" * (recent.LONGEST + 1)})
    del read[:]
    for _ in range(2):
        long = next(hit.node for hit in db.execute_query(ASKED.take(1)))
        assert len(long.notes) == recent.LONGEST + 1
    assert len(read) == 2
