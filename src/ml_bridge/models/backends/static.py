"""Static models: a table of subword vectors, as the one that ships with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_bridge.models.catalogue import STATIC
from ml_bridge.models.embedder import StaticEmbedder


class StaticTable:
    """An embedder without a network."""

    def __init__(self, name: str, **_: Any) -> None:
        self._embedder = StaticEmbedder() if name == STATIC else StaticEmbedder(Path(name).expanduser())
        self.dimensions = self._embedder.dimensions

    def __call__(self, texts: list[str], batch_size: int | None = None) -> NDArray[np.float32]:
        """Return unit vectors; batches make no difference here."""
        return self._embedder.embed(texts)
