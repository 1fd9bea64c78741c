"""``leindex index``: read a project and remember what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, errors_as_sentences


def index(
    path: Annotated[Path | None, typer.Argument(metavar="[PATH]", help="Folder to index.", show_default=False)] = None,
    project: options.Project = None,
    json: options.Json = False,
) -> None:
    """Index a project, or what changed in it since the last time."""
    from leindex.lepasserelle.cli.progress import live_progress  # noqa: PLC0415
    from leindex.lepasserelle.facade import LeIndex  # noqa: PLC0415

    with errors_as_sentences(), LeIndex(path or project or Path()) as opened:
        with live_progress() as progress:
            report = opened.index(progress)
        emit(report, json=json)
