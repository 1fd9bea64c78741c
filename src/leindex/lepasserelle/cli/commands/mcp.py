"""``leindex mcp``: serve a project to AI agents over standard input and output."""

from __future__ import annotations

from pathlib import Path

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import errors_as_sentences


def mcp(path: options.Project = None) -> None:
    """Serve AI agents over stdio (Model Context Protocol)."""
    from leindex.lepasserelle.mcp.server import serve  # noqa: PLC0415

    with errors_as_sentences():
        serve(path or Path())
