"""The embedder that is always there: a table of subword vectors, summed by the engine. No network, no torch.

A text's vector is the sum of its subwords' rows at unit length, so word order does not count; what the model knows is
which words are about the same things. A query takes microseconds, and symbols are pooled by the engine itself while it
indexes, through the same table (:attr:`StaticEmbedder.native`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ml_bridge.errors import ModelUnavailable
from ml_bridge.native import StaticModel

if TYPE_CHECKING:  # numpy takes longer to import than the rest of the package
    import numpy as np
    from numpy.typing import NDArray

SHIPPED = Path(__file__).parent / "static"
"""Folder of the model in the package; its README says how it was made."""


class StaticEmbedder:
    """Unit vectors of texts from a static model. Cheap to make: the model is opened when it is first needed.

    ``folder`` holds ``model.safetensors`` and ``vocab.txt`` as ``scripts/distil_static_model.py`` writes them; by
    default the model that ships with the package. Every member but the constructor may raise
    :class:`~ml_bridge.errors.ModelUnavailable`.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._folder = folder

    @cached_property
    def native(self) -> StaticModel:
        """The engine's handle of the model, for pooling symbols at index time."""
        try:
            return StaticModel.open(self._folder)
        except OSError as problem:
            hint = "install leindex-py again" if self._folder == SHIPPED else "check the setting"
            raise ModelUnavailable(f"cannot read the embedding model in {self._folder}: {problem}; {hint}") from problem
        except ValueError as problem:
            raise ModelUnavailable(f"{problem}; make it again with scripts/distil_static_model.py") from problem

    @property
    def name(self) -> str:
        """Names model and version; vectors of another name are never compared."""
        return self.native.name

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self.native.dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), dimensions); a text without a known word gives zeros."""
        import numpy as np  # noqa: PLC0415 - only when vectors are wanted

        raw = self.native.embed(list(texts))
        return np.frombuffer(raw, dtype=np.float32).reshape(len(texts), self.dimensions)
