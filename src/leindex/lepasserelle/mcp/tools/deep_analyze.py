"""``leindex_deep_analyze``: the code that answers a question, within a token budget."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from leindex.lepasserelle.mcp.calls import answer, project
from leindex.lepasserelle.mcp.models import ContextModel
from leindex.lepasserelle.mcp.projects import Projects


def register(server: MCPServer[Any], projects: Projects) -> None:
    """Add the tool to a server."""

    @server.tool(title="Answer a question about the code", annotations=ToolAnnotations(read_only_hint=True))
    async def leindex_deep_analyze(
        context: Context[Any, Any],
        query: Annotated[str, Field(description="A question or words: how does connection pooling work")],
        budget: Annotated[int, Field(description="cl100k tokens that the answer may cost")] = 2000,
        project_path: Annotated[str | None, Field(description="Another project's folder; default: this one")] = None,
    ) -> Annotated[CallToolResult, ContextModel]:
        """Find the code that answers a question, add the code around it along calls, inheritance and data, and return
        it within a token budget: whole bodies first, signatures and single lines for the rest, with line numbers.
        """
        async with project(projects, project_path, context) as opened:
            found = await opened.analyze(query, budget=budget)
        return answer(found, ContextModel, *(f"note: {note}" for note in found.notes if found.text))
