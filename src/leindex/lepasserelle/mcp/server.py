"""The server: what it says of itself, and its tools, one registration line each.

Answers leave as text for the model and as structured content for programs. What a caller can put right comes back as a
tool result marked as an error that says the next step; only malformed requests become protocol errors. Standard output
belongs to the protocol, so logs go to stderr.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp.server import MCPServer

from leindex import __version__
from leindex.lepasserelle.mcp.projects import Projects
from leindex.lepasserelle.mcp.tools import deep_analyze, index, search, symbol

INSTRUCTIONS = """\
LeIndex knows the code of this project: every function, class and method, who calls whom, searchable by meaning.
Start with leindex_deep_analyze: one question returns the code that answers it, within a token budget.
Use leindex_search to find symbols, leindex_symbol for one symbol with its callers and callees.
Projects are indexed at the first question; call leindex_index after larger changes."""


def build(projects: Projects) -> MCPServer[Any]:
    """Return a server over some projects."""

    @asynccontextmanager
    async def lifespan(_server: MCPServer[Any]) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await projects.close()

    server: MCPServer[Any] = MCPServer(
        "leindex",
        title="LeIndex",
        description="Knows your code and answers questions about it within a token budget.",
        instructions=INSTRUCTIONS,
        version=__version__,
        lifespan=lifespan,
        log_level="WARNING",
    )
    deep_analyze.register(server, projects)
    search.register(server, projects)
    symbol.register(server, projects)
    index.register(server, projects)
    return server


def serve(path: Path) -> None:
    """Serve a project on stdio until the client hangs up.

    Raises:
        ProjectNotFound: if there is nothing at the path.
        NotAFolder: if the path leads to a file.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="leindex: %(levelname)s %(message)s")
    build(Projects(path)).run("stdio")
