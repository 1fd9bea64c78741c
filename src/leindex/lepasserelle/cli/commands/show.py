"""``leindex show``: the source of one symbol."""

from __future__ import annotations

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, project


def show(symbol: options.SymbolName, path: options.Project = None, json: options.Json = False) -> None:
    """Show a symbol: where it is, its source and its members."""
    with project(path) as opened:
        emit(opened.show(symbol), json=json)
