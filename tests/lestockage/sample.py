"""A small index written by hand: two files, five symbols, and rows in the order in which the engine gives them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from leindex.lestockage.records import ParsedRow
from leindex.lestockage.writer import StoreWriter
from leindex.types import Skipped

HTTP = "src/http.py"
README = "README.md"


def parsed(path: str, symbols: int, **changes: Any) -> ParsedRow:
    """A file as the parser leaves it."""
    row = ParsedRow(
        path=path,
        language="python",
        size=120,
        mtime_ns=1_000_000_007,
        content_hash=b"\x01" * 32,
        status="parsed",
        detail="",
        flags=0,
        symbols=symbols,
        syntax_errors=0,
        lines=12,
        parser="python-1",
        facts=b"facts of " + path.encode(),
    )
    return row._replace(**changes)


def node(number: int, file: str, local: str, kind: str, parent: int | None, module: str = "http") -> tuple[Any, ...]:
    """Values of a row as ``NodeRows.values`` gives them."""
    name = local.rpartition(".")[2].partition("~")[0] or module
    qualified = f"{module}.{local.partition('~')[0]}" if local else module
    start = number * 10 + 1
    signature = f"def {name}(self)"
    spans = (start, start + 5, start, start + 50, start, start + 9, 0, 0)
    return (
        *(number, file, name, kind, signature, 3, f"{number:032x}"),
        *(local, qualified, "Says.", "public", parent),
        *spans,
    )


def flat(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Values of rows, one behind the other."""
    return tuple(value for row in rows for value in row)


FILES = [parsed(HTTP, 4), parsed(README, 1, language="text", status="text", lines=3)]
NODES = [
    node(0, README, "", "module", None, "README.md"),
    node(1, HTTP, "", "module", None),
    node(2, HTTP, "Session", "class", 1),
    node(3, HTTP, "Session.get", "method", 2),
    node(4, HTTP, "get", "function", 1),
]
EDGES: list[tuple[int, int, str, float, int]] = [(3, 4, "call", 1.0, 35), (4, 2, "data_dependency", 0.5, 0)]
SKIPPED = [Skipped("big.py", "ignored-size", "3000000 bytes, the limit is 2097152")]


def publish(writer: StoreWriter, nodes: Sequence[tuple[Any, ...]] = NODES) -> int:
    """Publish the sample with the files that the writer knows."""
    with writer.publishing(SKIPPED) as edition:
        edition.put_nodes(flat(nodes[:2]))
        edition.put_nodes(flat(nodes[2:]))
        edition.index_names()
        edition.put_edges(flat(EDGES))
    return writer.generation


def sample_index(root: Path) -> Path:
    """Write the sample as the index of ``root`` and return its folder."""
    folder = root / ".leindex"
    with StoreWriter.open(folder, root) as writer:
        writer.put_files(FILES)
        publish(writer)
    return folder
