"""What a stage of the Weaver is: an object with one method, which turns nodes into results.

A stage reads nothing that it is not given or has not been made with, and writes nothing: the Weaver stores what it
returns, together with the end of its task, or not at all. So a stage may fail, hang or be killed at any point.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from embedded_db.drafts import text_of
from embedded_db.storage.tasks import Priority
from embedded_db.storage.woven import Result
from embedded_db.types import NodeRow, node_type


@dataclass(frozen=True, slots=True)
class Batch:
    """Nodes that wait for one stage. Which rows there are, and how many, is up to the Weaver."""

    nodes: Sequence[NodeRow]
    attempts: int = 0
    """How often it has failed with them before."""

    def texts(self) -> list[str]:
        """Return what each node says: title and content."""
        return [text_of(node.title, node.content) or "" for node in self.nodes]


class Module(ABC):
    """A stage. ``name`` tells it from others; all else has a default."""

    name: ClassVar[str]
    after: ClassVar[str | None] = None
    """The stage that has to be finished with a node before; None: this one begins when the text is written."""
    of_chat: ClassVar[bool] = False
    """Whether it is about the chat that a node is in, not about the node."""
    notes: ClassVar[str | None] = None
    """Key of a chat's metadata where a stage about chats notes what it has made of what (``source_hash``, which
    ``reweave`` takes away)."""
    priority: ClassVar[Priority] = Priority.URGENT
    """The most that its tasks may be; they are not more urgent than what they follow."""
    largest_batch: ClassVar[int] = 256

    @property
    def model(self) -> str:
        """What its results are made by; part of their provenance."""
        return self.name

    def wants(self, type: str) -> bool:
        """Whether nodes of this type are its business: by default, those whose text says what somebody means."""
        return node_type(type).entities

    @abstractmethod
    def weave(self, batch: Batch) -> Iterable[Result]:
        """Return what follows from the nodes. Whatever it raises is noted, and tried again later."""
