"""``leindex status``: what is known of a project. Never indexes."""

from __future__ import annotations

from pathlib import Path

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, errors_as_sentences


def status(path: options.Project = None, json: options.Json = False) -> None:
    """Show what is indexed, where the index lies and how old it is."""
    from leindex.lepasserelle.facade import LeIndex  # noqa: PLC0415

    with errors_as_sentences(), LeIndex(path or Path()) as opened:
        emit(opened.status(), json=json)
