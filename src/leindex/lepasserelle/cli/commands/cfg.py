"""``leindex cfg``: how control goes through one function. Needs no index for ``FILE:NAME``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, errors_as_sentences, project


class Format(StrEnum):
    """What a graph is written in."""

    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"


def cfg(
    symbol: Annotated[
        str,
        typer.Argument(metavar="SYMBOL", help="A symbol of the project, FILE:NAME or FILE:LINE.", show_default=False),
    ],
    form: Annotated[Format, typer.Option("--format", help="text, mermaid or dot.")] = Format.TEXT,
    path: options.Project = None,
    json: options.Json = False,
) -> None:
    """Show how control goes through a function."""
    from leindex.lepasserelle.inside import in_file  # noqa: PLC0415
    from leindex.lepasserelle.present import diagrams  # noqa: PLC0415

    with errors_as_sentences():
        flow = in_file(symbol)
    if flow is None:
        with project(path) as opened:
            flow = opened.cfg(symbol)
    if form is Format.TEXT or json:
        emit(flow, json=json)
    else:
        typer.echo(diagrams.mermaid(flow) if form is Format.MERMAID else diagrams.dot(flow), nl=False)
