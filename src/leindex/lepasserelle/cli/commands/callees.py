"""``leindex callees``: what a symbol uses."""

from __future__ import annotations

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import Exit, emit, project


def callees(symbol: options.SymbolName, path: options.Project = None, json: options.Json = False) -> None:
    """List what a symbol calls, extends or uses."""
    with project(path) as opened:
        found = opened.callees(symbol)
        emit(found, json=json)
    if not found.relations and not found.unresolved:
        raise typer.Exit(Exit.NOTHING_FOUND)
