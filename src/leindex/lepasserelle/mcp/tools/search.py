"""``leindex_search``: symbols that match words or a question."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from leindex.lepasserelle.mcp.calls import answer, project
from leindex.lepasserelle.mcp.models import SearchModel
from leindex.lepasserelle.mcp.projects import Projects
from leindex.lepasserelle.values import SearchAnswer


def register(server: MCPServer[Any], projects: Projects) -> None:
    """Add the tool to a server."""

    @server.tool(title="Search the code", annotations=ToolAnnotations(read_only_hint=True))
    async def leindex_search(
        context: Context[Any, Any],
        query: Annotated[str, Field(description="Names, words or a question")],
        limit: Annotated[int, Field(description="Most results to return")] = 10,
        project_path: Annotated[str | None, Field(description="Another project's folder; default: this one")] = None,
    ) -> Annotated[CallToolResult, SearchModel]:
        """Find functions, classes, methods and text sections by name and by what they do. Returns symbols with their
        place, signature, score and the reasons for the score; use leindex_symbol with an id to read one.
        """
        async with project(projects, project_path, context) as opened:
            hits = await opened.search(query, limit=limit)
        return answer(SearchAnswer(query, tuple(hits)), SearchModel)
