"""Live progress of an index run on stderr: stage, files, speed. Silent when stderr is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from leindex.types import IndexProgress

LABELS = {
    "walk": "Looking for files",
    "parse": "Parsing",
    "graph": "Linking symbols",
    "store": "Storing",
    "done": "Done",
}


@contextmanager
def live_progress() -> Iterator[Callable[[IndexProgress], None] | None]:
    """Yield a progress function that draws a bar, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(LABELS["walk"], total=None, count="")

        def draw(moment: IndexProgress) -> None:
            label, total = LABELS[moment.stage], moment.total or None
            bar.update(task, description=label, completed=moment.done, total=total, count=count(moment))

        yield draw


def count(moment: IndexProgress) -> str:
    """How far, and how fast: ``1,200 of 5,000 files, 800 files/s``."""
    if moment.stage != "parse":
        return f"{moment.done:,}" if moment.done else ""
    speed = f", {moment.done / moment.seconds:,.0f} files/s" if moment.seconds > 0 else ""
    return f"{moment.done:,} of {moment.total:,} files{speed}"
