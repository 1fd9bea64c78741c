"""Options and arguments that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Project = Annotated[
    Path | None,
    typer.Option("--project", "-p", metavar="PATH", help="Folder of the project. Default: the one you are in."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Config = Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file with the table [python]. Default: none.")]
Query = Annotated[str, typer.Argument(metavar="QUERY", help="Words or a question, in quotes.")]
SymbolName = Annotated[
    str,
    typer.Argument(
        metavar="SYMBOL", help="A name (get), a qualified name (Session.get) or an id (src/app.py::Session.get)."
    ),
]
