"""The associative linker: RELATES_TO from a node to those that say nearly the same, by the cosine of their vectors.

Of the five nearest above 0.85 at most three are kept. Two nodes share one link, whoever of them was woven first, and
the link is as long as they are unlike. It follows the semantic indexer, so it never looks before there is a vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embedded_db.ml import Models
from embedded_db.storage import woven
from embedded_db.storage.woven import RELATES_TO, Link, Result
from embedded_db.weaver.modules import Batch, Module

LOOKED_AT = 5
KEPT = 3
SIMILAR = 0.85
Found = Sequence[tuple[int, float]]
"""Nodes and cosines, the nearest first."""


class Nearest(Protocol):
    """The indexes in memory, as far as the linker needs them."""

    def refreshed(self) -> Nearest:
        """Catch up with the file."""
        ...

    def nearest(self, model: str, vectors: NDArray[np.float32], k: int, floor: float) -> Sequence[Found]:
        """Return (node, cosine) of the k vectors nearest to each row, none below the floor, the nearest first."""
        ...


class Linking(Module):
    """Stage ``link``. ``store`` gives a connection to read from by ``reading()``."""

    name = "link"
    after = "embed"

    def __init__(self, store: Any, indexes: Nearest, models: Models) -> None:
        self._store = store
        self._indexes = indexes
        self._models = models

    @property
    def model(self) -> str:
        """The model whose vectors are compared."""
        return self._models.embedding_model

    def weave(self, batch: Batch) -> Iterable[Result]:
        """Return the links of nodes that have a vector."""
        with self._store.reading() as database:
            vectors = woven.vectors_of(database, self.model, [node.n for node in batch.nodes])
        indexes = self._indexes.refreshed()
        links: list[Result] = []
        k, unsure = 2 * LOOKED_AT, dict(vectors)
        while unsure:
            told = indexes.nearest(self.model, np.stack(list(unsure.values())), k, SIMILAR)
            found = dict(zip(unsure, told, strict=True))
            near = self._of_linked_types(found)
            unsure = {n: unsure[n] for n in found if len(near[n]) < LOOKED_AT and len(found[n]) >= k}
            best = {n: near[n][:LOOKED_AT][:KEPT] for n in found if n not in unsure}
            links += [_link(n, other, cosine) for n, kept in best.items() for other, cosine in kept]
            k *= 4  # others of a kind that is not linked have taken the places
        return links

    def _of_linked_types(self, found: dict[int, Found]) -> dict[int, Found]:
        numbers = {other for near in found.values() for other, _ in near}
        with self._store.reading() as database:
            linked = {n for n, type in woven.types_of(database, numbers).items() if self.wants(type)}
        return {
            n: [(other, cosine) for other, cosine in near if other in linked and other != n and cosine > SIMILAR]
            for n, near in found.items()
        }


def _link(n: int, other: int, cosine: float) -> Link:
    cosine = min(cosine, 1.0)
    return Link(n, other, RELATES_TO, 2.0 - cosine, {"similarity": round(cosine, 6)}, mutual=True)
