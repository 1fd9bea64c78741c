"""What a query asks, as one checked value: written as dicts, as in the specification, or put together step by step.

ConvergedQuery(structural_filters=[{"property": "role", "operator": "Equals", "value": "user"}],
               semantic_query={"text": "database performance", "threshold": 0.7}, limit=10)
ConvergedQuery().where(Field("role") == "user").near("database performance", threshold=0.7).take(10)
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from embedded_db import drafts
from embedded_db.errors import InvalidNode, InvalidQuery
from embedded_db.query.filters import Every, Filter, condition, from_dicts

Direction = Literal["out", "in", "both"]
Mode = Literal["hybrid", "semantic", "words"]
Order = Literal["relevance", "newest", "oldest"]
DIRECTIONS, MODES, ORDERS = ("out", "in", "both"), ("hybrid", "semantic", "words"), ("relevance", "newest", "oldest")
WORDS = 1.0  # how much a node with all the words gains over one with none, in units of similarity
HALF_LIFE = 7 * 86_400.0  # seconds: a week
LARGEST_LIMIT = 10_000
DEEPEST = 1_000


@dataclass(frozen=True, slots=True)
class GraphFilter:
    """Nodes at most ``depth`` edges away from any of the starts, those excluded."""

    start: tuple[str, ...]
    direction: Direction = "both"
    edge_types: tuple[str, ...] | None = None
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Meaning:
    """What hits should be about. ``vector`` is float32 as bytes; ``threshold`` is the least similarity, from 0 to 1."""

    text: str | None = None
    vector: bytes | None = None
    threshold: float = 0.0
    mode: Mode = "hybrid"
    words: float = WORDS


@dataclass(frozen=True, slots=True)
class Expansion:
    """What hangs on the best hits gains by it: ``weight`` × score of the hit, halved with every edge."""

    depth: int = 1
    direction: Direction = "both"
    edge_types: tuple[str, ...] | None = None
    weight: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvergedQuery:
    """A query. Parts may be given as dicts; they are checked and kept as values.

    Attributes:
        structural_filters: what properties must be: a list of dicts (all must hold), or a Filter.
        graph_filter: where candidates must be: ``start`` (one id or several), ``direction`` ("out", "in", "both"),
            ``edge_types``, ``depth``.
        semantic_query: what they should be about: ``text`` or ``vector``, ``threshold``, ``mode`` ("hybrid",
            "semantic", "words"), ``words`` (how much full text counts beside similarity).
        limit: how many hits a page has.
        cursor: where the page before ended: its ``cursor``.
        time_range: when candidates were created: (from, up to but not including); either can be None.
        order: "relevance" needs a semantic query and is the default with one; else "newest", or "oldest".
        recency: what a new node gains over an old one, in units of similarity; halved with each ``half_life``.
        activity: the same by the newest message of the node's chat.
        half_life: a time, as timedelta or seconds.
        expand: what hangs on the best hits gains by it: ``depth``, ``direction``, ``edge_types``, ``weight``.

    Raises:
        InvalidQuery: says which part cannot be, and what can.
    """

    structural_filters: Any = None
    graph_filter: Any = None
    semantic_query: Any = None
    limit: int = 10
    cursor: str | None = None
    time_range: Any = None
    order: Order | None = None
    recency: float = 0.0
    activity: float = 0.0
    half_life: Any = HALF_LIFE
    expand: Any = None

    def __post_init__(self) -> None:
        for name, default, check in _checks():
            given = getattr(self, name)
            if given is not default:
                object.__setattr__(self, name, check(given))
        self._check_order()

    def _check_order(self) -> None:
        if self.order is None:
            object.__setattr__(self, "order", "newest" if self.semantic_query is None else "relevance")
        _one_of("order", self.order, ORDERS)
        if self.order == "relevance" and self.semantic_query is None:
            raise InvalidQuery("Order by relevance needs a semantic_query; without one there are newest and oldest.")
        if self.order != "relevance" and self.semantic_query is not None and self.semantic_query.threshold <= 0:
            raise InvalidQuery(
                f"Order by {self.order} within a semantic_query needs its threshold, to say what belongs."
            )

    @property
    def filter(self) -> Filter | None:
        """All that a node must be: filters, and the time range."""
        if self.time_range is None:
            found: Filter | None = self.structural_filters
            return found
        first, last = self.time_range
        parts = [] if self.structural_filters is None else [self.structural_filters]
        parts += [] if first is None else [condition("created_at", "GreaterThanOrEqual", first)]
        parts += [] if last is None else [condition("created_at", "LessThan", last)]
        return parts[0] if len(parts) == 1 else Every(tuple(parts)) if parts else None

    def where(self, *filters: Filter | Mapping[str, Any]) -> Self:
        """Also demand these: ``Field("role") == "user"``, or dicts."""
        parts = [one for one in (self.structural_filters, *map(from_dicts, filters)) if one is not None]
        return replace(self, structural_filters=parts)

    def near(
        self,
        text: str | None = None,
        *,
        vector: ArrayLike | None = None,
        threshold: float = 0.0,
        mode: Mode = "hybrid",
        words: float = WORDS,
    ) -> Self:
        """Order by how much a node is about a text, or how near it is to a vector."""
        asked = {"text": text, "vector": vector, "threshold": threshold, "mode": mode, "words": words}
        return replace(self, semantic_query={k: v for k, v in asked.items() if v is not None}, order=None)

    def within(
        self, start: Any, *, depth: int = 1, direction: Direction = "both", edge_types: Sequence[str] | None = None
    ) -> Self:
        """Only nodes at most so many edges away from a node (or several), given as a record or by id."""
        return replace(
            self,
            graph_filter={"start": start, "depth": depth, "direction": direction, "edge_types": edge_types},
        )

    def between(self, first: datetime | str | float | None = None, last: datetime | str | float | None = None) -> Self:
        """Only nodes created from one time up to, but not including, another."""
        return replace(self, time_range=(first, last))

    def favour(self, *, recency: float = 0.0, activity: float = 0.0, half_life: timedelta | float = HALF_LIFE) -> Self:
        """Let what is new, or in a lively chat, gain."""
        return replace(self, recency=recency, activity=activity, half_life=half_life)

    def expanded(
        self,
        depth: int = 1,
        *,
        direction: Direction = "both",
        edge_types: Sequence[str] | None = None,
        weight: float = 0.5,
    ) -> Self:
        """Let what hangs on the best hits gain by it."""
        return replace(
            self, expand={"depth": depth, "direction": direction, "edge_types": edge_types, "weight": weight}
        )

    def newest(self) -> Self:
        """Order by time, newest first."""
        return replace(self, order="newest")

    def oldest(self) -> Self:
        """Order by time, oldest first."""
        return replace(self, order="oldest")

    def take(self, limit: int) -> Self:
        """Return so many hits a page."""
        return replace(self, limit=limit)

    def after(self, cursor: str | None) -> Self:
        """Go on behind a page."""
        return replace(self, cursor=cursor)

    def fingerprint(self) -> str:
        """Return what two pages of one query have in common."""
        said = [repr(getattr(self, name)) for name in _names(ConvergedQuery) if name not in ("limit", "cursor")]
        return hashlib.blake2b("\0".join(said).encode(), digest_size=8).hexdigest()


def from_parts(given: object) -> ConvergedQuery:
    """Return a query, or make one of a dict of its parts. Raises InvalidQuery."""
    if isinstance(given, ConvergedQuery):
        return given
    if not isinstance(given, Mapping):
        raise InvalidQuery(f"A query is a ConvergedQuery or a dict of its parts, not {type(given).__name__}.")
    known = _names(ConvergedQuery)
    for name in given:
        if name not in known:
            raise InvalidQuery(f"A query has no part {name!r}; it has {', '.join(known)}.", str(name))
    return ConvergedQuery(**given)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _part(kind: Any, name: str, given: Any, make: Any) -> Any:
    if isinstance(given, kind):
        return given
    if isinstance(given, int) and not isinstance(given, bool) and kind is Expansion:
        given = {"depth": given}
    if not isinstance(given, (dict, Mapping)):
        raise InvalidQuery(f"{name} is a dict, not {type(given).__name__}.", name)
    known = _names(kind)
    for one in given:
        if one not in known:
            raise InvalidQuery(f"{name} has no {one!r}; it has {', '.join(known)}.", name)
    return make(given)


def _graph(given: Mapping[str, Any]) -> GraphFilter:
    starts = given.get("start")
    several = starts if isinstance(starts, (list, tuple, set, frozenset)) else [starts]
    ids = tuple(one if isinstance(one, str) else getattr(one, "id", None) for one in several)
    if not ids or not all(isinstance(id, str) for id in ids):
        raise InvalidQuery(f"graph_filter needs a start: the id of a node, or several, not {starts!r}.", "start")
    return GraphFilter(
        tuple(str(id) for id in ids), *_way(given, "graph_filter"), _whole("depth", given.get("depth", 1), DEEPEST)
    )


def _expansion(given: Mapping[str, Any]) -> Expansion:
    direction, types = _way(given, "expand")
    return Expansion(
        _whole("depth", given.get("depth", 1), DEEPEST), direction, types, _weight("weight", given.get("weight", 0.5))
    )


def _way(given: Mapping[str, Any], part: str) -> tuple[Direction, tuple[str, ...] | None]:
    direction: Direction = _one_of("direction", given.get("direction") or "both", DIRECTIONS)
    types = given.get("edge_types")
    if types is None:
        return direction, None
    if isinstance(types, str) or not all(isinstance(one, str) for one in types):
        raise InvalidQuery(f"edge_types of {part} is a list of types such as MENTIONS, not {types!r}.", "edge_types")
    return direction, tuple(types)


def _meaning(given: Mapping[str, Any]) -> Meaning:
    text, vector, threshold = given.get("text"), given.get("vector"), given.get("threshold", 0.0)
    mode: Mode = _one_of("mode", given.get("mode") or "hybrid", MODES)
    if text is None and vector is None:
        raise InvalidQuery("semantic_query needs a text or a vector.", "semantic_query")
    if text is not None and not (isinstance(text, str) and text.strip()):
        raise InvalidQuery(f"The text of a semantic_query has words in it, not {text!r}.", "text")
    if mode == "words" and text is None:
        raise InvalidQuery("mode 'words' needs a text.", "mode")
    if not _number(threshold) or not 0 <= threshold <= 1:
        raise InvalidQuery(f"threshold is a similarity from 0 to 1, not {threshold!r}.", "threshold")
    if mode == "words" and threshold > 0:
        raise InvalidQuery("threshold is on similarity, which mode 'words' does not look at.", "threshold")
    return Meaning(
        text,
        None if vector is None else _vector(vector),
        float(threshold),
        mode,
        _weight("words", given.get("words", WORDS)),
    )


def _vector(given: Any) -> bytes:
    try:
        return drafts.vector_of(given).tobytes()
    except InvalidNode as error:
        raise InvalidQuery(f"vector of semantic_query: {error}", "vector") from None


def _time_range(given: Any) -> tuple[datetime | None, datetime | None]:
    if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence) or len(given) != 2:
        raise InvalidQuery(f"time_range is (from, to), where either can be None, not {given!r}.", "created_at")
    try:
        first, last = (None if one is None else drafts.aware(drafts.microseconds(one, "time_range")) for one in given)
    except InvalidNode as error:
        raise InvalidQuery(str(error), "created_at") from None
    return first, last


def _seconds(given: Any) -> float:
    seconds = given.total_seconds() if isinstance(given, timedelta) else given
    if not _number(seconds) or seconds <= 0:
        raise InvalidQuery(f"half_life is a timedelta, or seconds above 0, not {given!r}.", "half_life")
    return float(seconds)


def _whole(name: str, given: Any, most: int) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= most:
        raise InvalidQuery(f"{name} is a whole number from 1 to {most}, not {given!r}.", name)
    return given


def _weight(name: str, given: Any) -> float:
    if not _number(given) or given < 0:
        raise InvalidQuery(f"{name} is a weight of 0 or more, not {given!r}.", name)
    return float(given)


def _one_of(name: str, given: Any, known: tuple[str, ...]) -> Any:
    if given not in known:
        raise InvalidQuery(f"{name} is one of {', '.join(known)}, not {given!r}.", name)
    return given


@cache
def _checks() -> list[tuple[str, Any, Callable[[Any], Any]]]:
    """How each part of a query is checked and made a value, unless it is the default that stands beside its name."""
    checks: dict[str, Callable[[Any], Any]] = {
        "structural_filters": from_dicts,
        "graph_filter": lambda given: _part(GraphFilter, "graph_filter", given, _graph),
        "semantic_query": lambda given: _part(Meaning, "semantic_query", given, _meaning),
        "limit": lambda given: _whole("limit", given, LARGEST_LIMIT),
        "time_range": _time_range,
        "recency": lambda given: _weight("recency", given),
        "activity": lambda given: _weight("activity", given),
        "half_life": _seconds,
        "expand": lambda given: _part(Expansion, "expand", given, _expansion),
    }
    return [(one.name, one.default, checks[one.name]) for one in fields(ConvergedQuery) if one.name in checks]


def _number(given: Any) -> bool:
    kinds = (int, float, np.floating)
    return isinstance(given, kinds) and not isinstance(given, bool) and math.isfinite(given)
