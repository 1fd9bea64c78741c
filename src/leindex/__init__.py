"""LeIndex: a local engine that knows your code.

    from leindex import LeIndex

    with LeIndex("path/to/project") as index:
        for hit in index.search("parse the configuration file"):
            print(hit.file, hit.start_line, hit.symbol.qualified_name)

What it offers is imported when it is first asked for, so ``import leindex`` costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leindex.leparse.flow import CodeIntelligence as CodeIntelligence
    from leindex.leparse.flow import compute_flow as compute_flow
    from leindex.leparse.flow import measure as measure
    from leindex.leparse.outline import FileFacts as FileFacts
    from leindex.leparse.outline import parse_file as parse_file
    from leindex.leparse.outline import parse_many as parse_many
    from leindex.lepasserelle.asynchronous import AsyncLeIndex as AsyncLeIndex
    from leindex.lepasserelle.facade import LeIndex as LeIndex

__version__ = "0.1.0"

__all__ = [
    "AsyncLeIndex",
    "CodeIntelligence",
    "FileFacts",
    "LeIndex",
    "__version__",
    "compute_flow",
    "measure",
    "parse_file",
    "parse_many",
]

_HOMES = {
    "AsyncLeIndex": "leindex.lepasserelle.asynchronous",
    "CodeIntelligence": "leindex.leparse.flow",
    "FileFacts": "leindex.leparse.outline",
    "LeIndex": "leindex.lepasserelle.facade",
    "compute_flow": "leindex.leparse.flow",
    "measure": "leindex.leparse.flow",
    "parse_file": "leindex.leparse.outline",
    "parse_many": "leindex.leparse.outline",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'leindex' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES[name]), name)
