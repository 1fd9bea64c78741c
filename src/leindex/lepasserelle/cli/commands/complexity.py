"""``leindex complexity``: the functions that are hardest to follow. Needs no index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, errors_as_sentences


def complexity(
    path: Annotated[
        Path,
        typer.Argument(metavar="[PATH]", help="File or folder. Default: the folder you are in.", show_default=False),
    ] = Path(),
    top: Annotated[int, typer.Option("--top", help="How many functions to show.")] = 20,
    json: options.Json = False,
) -> None:
    """List the functions that are hardest to follow."""
    from leindex.lepasserelle.inside import complexities  # noqa: PLC0415
    from leindex.lepasserelle.settings import Settings  # noqa: PLC0415

    with errors_as_sentences():
        folder = path if path.is_dir() else path.parent
        emit(complexities(path, Settings.load(folder.absolute()), top), json=json)
