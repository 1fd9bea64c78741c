"""``leindex search``: symbols that match words or a question."""

from __future__ import annotations

from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import Exit, emit, project


def search(
    query: options.Query,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Most results to show.")] = 10,
    path: options.Project = None,
    json: options.Json = False,
) -> None:
    """Find symbols by name and by what they do."""
    from leindex.lepasserelle.values import SearchAnswer  # noqa: PLC0415

    with project(path) as opened:
        hits = opened.search(query, limit=limit)
        emit(SearchAnswer(query, tuple(hits)), json=json)
    if not hits:
        raise typer.Exit(Exit.NOTHING_FOUND)
