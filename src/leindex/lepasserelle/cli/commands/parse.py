"""``leindex parse``: the outline of one file. Needs no project and no index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, errors_as_sentences


def parse(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Source file.", show_default=False)],
    json: options.Json = False,
) -> None:
    """Show what is in a file: its definitions with lines and signatures, as a tree."""
    from leindex.leparse.outline import parse_file  # noqa: PLC0415

    with errors_as_sentences():
        emit(parse_file(file, Path()), json=json)
