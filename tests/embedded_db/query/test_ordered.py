"""A column in the order of its values finds what a scan finds, while its nodes come, change and go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embedded_db import EmbeddedDB
from embedded_db.indexing import ordered
from embedded_db.indexing.coded import Coded
from embedded_db.query.filters import COMPARISONS
from tests.embedded_db.query.asking import ids

VALUES: list[Any] = [*range(40), *range(40), 2.5, -1, True, "7", "soup", [7], None, 10**400]
ASKED: list[tuple[str, Any]] = [
    ("Equals", 7), ("Equals", "7"), ("Equals", [7]), ("Equals", 99), ("Equals", 10**400), ("Between", [5, 7.5]),
    ("Between", [7, 5]), ("GreaterThan", 37), ("GreaterThanOrEqual", 37), ("LessThan", 2.5), ("LessThanOrEqual", 2.5),
]  # fmt: skip


def check(db: EmbeddedDB, weights: dict[str, Any]) -> None:
    """Everything that is asked twice: the second time by the order of values."""
    for operator, value in ASKED * 2:
        wanted = {id for id, weight in weights.items() if weight is not None and COMPARISONS[operator](weight, value)}
        found = db.query([{"property": "weight", "operator": operator, "value": value}], limit=10_000)
        assert set(ids(found)) == wanted, (operator, value)


def stones(db: EmbeddedDB, count: int) -> dict[str, Any]:
    """Nodes of a type of our own, with and without a weight."""
    with db.transaction():
        made = [(VALUES[n % len(VALUES)], n) for n in range(count)]
        return {db.create_node({"type": "Stone", "weight": weight, "at": n}).id: weight for weight, n in made}


def test_it_finds_what_a_scan_finds(db: EmbeddedDB) -> None:
    weights = stones(db, 400)
    check(db, weights)
    known = db.indexes.columns.properties["weight",].ordered(db.indexes.columns.size)
    assert known is not None
    for id, weight in [*zip(list(weights)[:20], [7, 99, "soup", None] * 5, strict=True)]:
        db.update_node(id, {"weight": weight})
        weights[id] = weight
    for id in list(weights)[100:110]:
        db.delete_node(id)
        del weights[id]
    weights |= stones(db, 15)
    check(db, weights)
    assert db.indexes.columns.properties["weight",].ordered(db.indexes.columns.size) is known


def test_after_many_changes_it_is_made_anew(db: EmbeddedDB) -> None:
    weights = stones(db, 200)
    check(db, weights)
    known = db.indexes.columns.properties["weight",].ordered(db.indexes.columns.size)
    weights |= stones(db, 200)
    check(db, weights)
    assert db.indexes.columns.properties["weight",].ordered(db.indexes.columns.size) is not known


def test_it_is_not_made_for_what_is_asked_once(db: EmbeddedDB) -> None:
    stones(db, 20)
    db.query([{"property": "weight", "operator": "Equals", "value": 7}])
    column = db.indexes.columns.properties["weight",]
    assert column._ordered is None


def test_many_single_changes_make_it_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordered, "MOST_RUNS", 3)
    column = Coded()
    column.put(np.arange(1000), range(1000))
    column.ordered(1000)
    known = column.ordered(1000)
    assert known is not None
    for n in range(5):
        column.put(np.array([n * 10]), [-1])
    found = column.ordered(1000)
    assert found is not None and found is not known
    span = found.span(column, "Equals", -1)
    assert span is not None
    assert found.within(span, 1000)[0].tolist() == [0, 10, 20, 30, 40]


def test_a_query_that_began_before_others_were_added_sees_none_of_them() -> None:
    column = Coded()
    column.put(np.arange(1000), [n % 10 for n in range(1000)])
    column.ordered(1000)
    known = column.ordered(1000)
    assert known is not None
    span = known.span(column, "Between", [7, 8])
    assert span is not None
    for size in (995, 50):  # few of all, and many
        found, exact = known.within(span, size)
        assert exact
        assert found.tolist() == [n for n in range(size) if n % 10 in (7, 8)]
    few = known.span(column, "Equals", 99)
    assert few is not None and known.within(few, 900)[0].tolist() == []
