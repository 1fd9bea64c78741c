"""What tests of the Weaver share: a file with a Weaver that runs when told to, a clock to be set, naive indexes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedded_db import drafts
from embedded_db.ml import Mention, Models
from embedded_db.scheduler import SECOND
from embedded_db.storage import tasks
from embedded_db.storage.connections import Connections, Durability
from embedded_db.storage.store import Store
from embedded_db.weaver import Module, Weaver
from ml_bridge import StaticEmbedder

STATIC = StaticEmbedder()


class Clock:
    """A clock that stands still until it is set; in microseconds."""

    def __init__(self) -> None:
        self.now = drafts.now()

    def __call__(self) -> int:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


class PlainModels(Models):
    """The light models without any process: names are words with a capital letter, a summary the first words."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()
        self.before: Callable[[str], None] = lambda stage: None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._asked("embed", texts)
        return STATIC.embed(list(texts))

    def entities(self, texts: Sequence[str]) -> list[list[Mention]]:
        self._asked("entities", texts)
        return [
            [
                Mention(word, "PERSON", text.index(word), text.index(word) + len(word))
                for word in text.replace(".", " ").split()
                if word[0].isupper()
            ]
            for text in texts
        ]

    def summarise_each(self, windows: Sequence[Sequence[str]]) -> list[str]:
        self._asked("summarise", [line for window in windows for line in window])
        return [" / ".join(window) for window in windows]

    def _asked(self, stage: str, texts: Sequence[str]) -> None:
        self.before(stage)
        if stage in self.broken or any("poison" in text for text in texts):
            raise RuntimeError(f"{stage} is out of order")


class NaiveIndexes:
    """Nearest by comparing with every vector in the file."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def refreshed(self) -> NaiveIndexes:
        return self

    def nearest(self, model: str, vectors: NDArray[np.float32], k: int, floor: float) -> list[list[tuple[int, float]]]:
        with self._store.reading() as database:
            rows = database.execute("SELECT n, vector FROM embeddings WHERE model = ? ORDER BY n", (model,)).fetchall()
        told = [[(n, _cosine(np.frombuffer(blob, "<f4"), vector)) for n, blob in rows] for vector in vectors]
        return [
            sorted((one for one in each if one[1] >= floor), key=lambda one: (-one[1], one[0]))[:k] for each in told
        ]


def chatter(number: int) -> list[str]:
    """Messages that resemble each other and speak of databases."""
    return [f"message {one}: the database index is slow" for one in range(number)]


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


@dataclass
class World:
    """A database with its Weaver, at the level at which everything runs."""

    path: str | Path = ":memory:"
    models: PlainModels = field(default_factory=PlainModels)
    clock: Clock = field(default_factory=Clock)
    modules: Sequence[Module] = ()
    level: str = "SleepMode"
    durability: Durability = "full"

    def __post_init__(self) -> None:
        self.store = Store(Connections(str(self.path), self.durability), lambda: self.models.embedding_model)
        self.weaver = Weaver(self.store, NaiveIndexes(self.store), self.models, self.clock, self.modules)
        self.store.entry_stages = self.weaver.entry_stages
        self.store.chat_stages = self.weaver.chat_stages
        self.weaver.activity.set(self.level)

    def say(self, *texts: str, chat: str = "chat_1", sender: str = "Ann") -> list[str]:
        """Add messages; return their ids."""
        new = [
            drafts.node_draft({"type": "Message", "chat_id": chat, "content": text, "sender": sender}) for text in texts
        ]
        self.store.add_nodes(new)
        return [draft.id for draft in new]

    def weave(self) -> None:
        """Run until nothing is ready now."""
        while self.weaver.run_once():
            pass

    def weave_to_the_end(self) -> None:
        """Run until nothing waits, also for a later time."""
        self.weave()
        while self.weaver.status()["queue_size"]:
            self.clock.forward(60)
            self.weave()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.store.reading() as database:
            return database.execute(sql, values).fetchall()

    def edges(self, type: str) -> set[tuple[str, str]]:
        """The edges of a type, by the texts at their ends."""
        return set(
            self.rows(
                """SELECT coalesce(a.title, a.content), coalesce(b.title, b.content) FROM edges
                JOIN nodes a ON a.n = source JOIN nodes b ON b.n = target WHERE edges.type = ?""",
                type,
            )
        )

    def queued(self) -> list[tuple[str, str, str]]:
        """What waits: text of the node, stage, state."""
        return self.rows("SELECT content, stage, state FROM tasks JOIN nodes USING (n) ORDER BY n, stage")

    def close(self) -> None:
        self.weaver.close()
        self.store.connections.close()


def count(world: World, what: str) -> int:
    return int(world.rows(f"SELECT count(*) FROM {what}")[0][0])


def due(world: World, priority: tasks.Priority) -> int:
    return count(world, f"tasks WHERE priority = {int(priority)} AND state = 'ready'")
