"""What a query gives back: hits that say why they are hits, where the next page begins, and what each stage did."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, NamedTuple, overload

from embedded_db.errors import InvalidQuery
from embedded_db.indexing.words import Statistics


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a way. ``edge_id`` is None for being in a chat; ``forward`` tells whether it goes along the edge."""

    node_id: str
    type: str
    edge_id: str | None
    forward: bool


@dataclass(frozen=True, slots=True)
class Path:
    """A way from one node to another; ``length`` is the sum of weights."""

    start_id: str
    steps: tuple[Step, ...]
    length: float

    @property
    def node_ids(self) -> list[str]:
        """The nodes on the way, both ends included."""
        return [self.start_id, *(step.node_id for step in self.steps)]

    def __len__(self) -> int:
        return len(self.steps)

    def __bool__(self) -> bool:
        """A way is one, also that from a node to itself."""
        return True

    def __str__(self) -> str:
        arrows = (f" -{s.type}-> {s.node_id}" if s.forward else f" <-{s.type}- {s.node_id}" for s in self.steps)
        return self.start_id + "".join(arrows)


class Stage(NamedTuple):
    """What one stage of a query did: how many candidates it left, whether that is exact, and how long it took."""

    name: str
    candidates: int
    seconds: float
    exact: bool = True
    detail: str = ""


@dataclass(slots=True)
class Page:
    """What the hits of a page have in common: what each leg says of each of them, and how they were reached."""

    legs: dict[str, list[float]]
    ways: Callable[[], dict[str, Path]] | None = None
    """Tells paths by id of the node, if a graph was asked for."""
    _paths: dict[str, Path] | None = None

    def path(self, id: str) -> Path | None:
        """Return how a node was reached."""
        if self._paths is None:
            self._paths = {} if self.ways is None else self.ways()
        return self._paths.get(id)


@dataclass(slots=True)
class Hit:
    """One result: the node, and why it stands where it stands.

    ``score`` orders the hits. Without a semantic query, it is the time of creation in microseconds.
    """

    node: Any
    score: float
    _at: int = field(repr=False)
    _page: Page = field(repr=False, compare=False)

    @property
    def scores(self) -> dict[str, float]:
        """What each leg found: similarity, words, context, recency, activity, graph; from 0 to 1, before weights."""
        return {leg: values[self._at] for leg, values in self._page.legs.items()}

    @property
    def similarity_score(self) -> float:
        """Cosine with what was asked, from 0 to 1; 0 without a semantic query, or for a node without a vector."""
        return self.scores.get("similarity", 0.0)

    @property
    def path(self) -> Path | None:
        """The way by which it was reached, from the start of the graph filter, or from the hit it hangs on."""
        return self._page.path(self.node.id)


class QueryResults(Sequence[Hit]):
    """The hits of a page, best first."""

    def __init__(self, hits: list[Hit], following: Callable[[], str] | None, stages: list[Stage]) -> None:
        self.hits = hits
        self.stages = stages
        self._following = following

    @property
    def cursor(self) -> str | None:
        """Where the next page begins; None after the last."""
        return None if self._following is None else self._following()

    @overload
    def __getitem__(self, at: int) -> Hit: ...
    @overload
    def __getitem__(self, at: slice) -> list[Hit]: ...
    def __getitem__(self, at: int | slice) -> Hit | list[Hit]:
        return self.hits[at]

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __repr__(self) -> str:
        return f"<{len(self)} hits{', and more behind the cursor' if self.cursor else ''}>"

    def explain(self) -> str:
        """Return a table of the stages: what is left after each, whether it is exact, how long it took."""
        rows = [("stage", "left", "exact", "ms", "")]
        rows += [
            (one.name, f"{one.candidates:,}", "yes" if one.exact else "no", f"{one.seconds * 1000:.3f}", one.detail)
            for one in self.stages
        ]
        widths = [max(len(row[at]) for row in rows) for at in range(4)]
        a, b, c, d = widths
        return "\n".join(f"{r[0]:<{a}}  {r[1]:>{b}}  {r[2]:<{c}}  {r[3]:>{d}}  {r[4]}".rstrip() for r in rows)


@dataclass(frozen=True, slots=True)
class Place:
    """The last hit of a page: its score and number; what counts as now, and as known of words, for this query."""

    score: float
    n: int
    now: int
    words: Statistics | None = None


def cursor(place: Place, fingerprint: str) -> str:
    """Return a place as text that says nothing to others."""
    known = None if place.words is None else astuple(place.words)
    told = json.dumps([1, fingerprint, place.score, place.n, place.now, known], separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def place(text: str, fingerprint: str) -> Place:
    """Return the place of a cursor. Raises InvalidQuery if it is none, or one of another query."""
    try:
        version, query, score, n, now, known = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        words = None
        if known is not None:
            rated, count, average, last = known
            known_words = tuple((str(word), int(frequency)) for word, frequency in rated)
            words = Statistics(known_words, int(count), float(average), int(last))
        found = Place(float(score) if isinstance(score, float) else int(score), int(n), int(now), words)
    except (ValueError, TypeError, binascii.Error):
        raise InvalidQuery("The cursor is none that a query has given; start without one.", "cursor") from None
    if version != 1 or query != fingerprint:
        raise InvalidQuery(
            "The cursor is that of another query; a page has the same filters, text and order.", "cursor"
        )
    return found
