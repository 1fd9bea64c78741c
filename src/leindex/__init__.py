"""LeIndex: a local engine that knows your code.

    from leindex import LeIndex

    with LeIndex("path/to/project") as index:
        for hit in index.search("parse the configuration file"):
            print(hit.file, hit.start_line, hit.symbol.qualified_name)

The two classes are imported when they are first asked for, so ``import leindex`` costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leindex.lepasserelle.asynchronous import AsyncLeIndex as AsyncLeIndex
    from leindex.lepasserelle.facade import LeIndex as LeIndex

__version__ = "0.1.0"

__all__ = ["AsyncLeIndex", "LeIndex", "__version__"]

_HOMES = {"AsyncLeIndex": "leindex.lepasserelle.asynchronous", "LeIndex": "leindex.lepasserelle.facade"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'leindex' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES[name]), name)
