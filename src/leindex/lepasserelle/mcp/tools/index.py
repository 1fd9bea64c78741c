"""``leindex_index``: index a project, or what changed in it, with progress."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from leindex.errors import LeIndexError
from leindex.lepasserelle.mcp.calls import answer, progress_to
from leindex.lepasserelle.mcp.models import IndexModel
from leindex.lepasserelle.mcp.projects import Projects


def register(server: MCPServer[Any], projects: Projects) -> None:
    """Add the tool to a server."""

    @server.tool(title="Index a project", annotations=ToolAnnotations(read_only_hint=False, idempotent_hint=True))
    async def leindex_index(
        context: Context[Any, Any],
        project_path: Annotated[str | None, Field(description="Another project's folder; default: this one")] = None,
    ) -> Annotated[CallToolResult, IndexModel]:
        """Index a project, or only what changed since the last time. Questions are answered from the previous index
        until this one is done. Returns counts by language and what was left out, and why.
        """
        try:
            opened = await projects.get(project_path)
            async with progress_to(context) as report:
                return answer(await opened.index(report), IndexModel)
        except LeIndexError as error:
            raise ToolError(str(error)) from error
