"""``leindex callers``: who uses a symbol."""

from __future__ import annotations

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import Exit, emit, project


def callers(symbol: options.SymbolName, path: options.Project = None, json: options.Json = False) -> None:
    """List who calls, extends or uses a symbol."""
    with project(path) as opened:
        found = opened.callers(symbol)
        emit(found, json=json)
    if not found.relations and not found.unresolved:
        raise typer.Exit(Exit.NOTHING_FOUND)
