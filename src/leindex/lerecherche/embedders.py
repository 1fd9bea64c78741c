"""Which embedder answers to which name in the settings. To add one, write a row; it is built when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from leindex.errors import SettingsError
from leindex.types import Embedder

DEFAULT = "static"


def _static() -> Embedder:
    from ml_bridge import StaticEmbedder  # noqa: PLC0415 - numpy takes longer to import than the rest of the package

    return StaticEmbedder()


EMBEDDERS: dict[str, Callable[[], Embedder]] = {
    DEFAULT: _static,  # ships with the package: no download, no torch, microseconds a query
}


@cache
def embedder(name: str = DEFAULT) -> Embedder:
    """Return the embedder of this name; the same object each time, for models are large.

    Raises:
        SettingsError: no embedder is called so.
    """
    if name not in EMBEDDERS:
        raise SettingsError("settings", "embedder", f"is {name!r}, not one of: {', '.join(sorted(EMBEDDERS))}")
    return EMBEDDERS[name]()


def default_embedder() -> Embedder:
    """Return the embedder that ships with the package."""
    return embedder(DEFAULT)
