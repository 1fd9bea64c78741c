"""What every tool does around its own work: the project, its first index with progress, errors a model can act on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel

from leindex.errors import LeIndexError
from leindex.lepasserelle.asynchronous import AsyncLeIndex
from leindex.lepasserelle.mcp.projects import Projects
from leindex.lepasserelle.present import data, text
from leindex.types import IndexProgress

Model = TypeVar("Model", bound=BaseModel)
STAGES = {"walk": (0, 5), "parse": (5, 80), "graph": (80, 92), "store": (92, 100), "done": (100, 100)}
"""Where each stage lies in the whole, in percent: a client sees one bar that only grows."""


@asynccontextmanager
async def project(
    projects: Projects, project_path: str | None, context: Context[Any, Any]
) -> AsyncIterator[AsyncLeIndex]:
    """Open a project for one call, indexed; the first index reports its progress.

    Raises:
        ToolError: for whatever the caller can put right; the message says how.
    """
    try:
        opened = await projects.get(project_path)
        if not await opened.is_indexed():
            async with progress_to(context) as report:
                await opened.ensure_indexed(report)
        yield opened
    except LeIndexError as error:
        raise ToolError(str(error)) from error
    except OSError as error:
        raise ToolError(f"{error}. Check the path and its permissions.") from error


@asynccontextmanager
async def progress_to(context: Context[Any, Any]) -> AsyncIterator[Callable[[IndexProgress], None]]:
    """Yield a function that sends moments of an index run to the client, in order, one per percent at most."""
    moments: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()
    latest = -1.0

    def report(moment: IndexProgress) -> None:
        nonlocal latest
        done = percent(moment)
        if done >= latest + 1:
            latest = done
            moments.put_nowait((done, f"{moment.stage}: {moment.done:,} of {moment.total:,}"))

    async def send() -> None:
        while (moment := await moments.get()) is not None:
            await context.report_progress(moment[0], 100, moment[1])

    sending = asyncio.create_task(send())
    try:
        yield report
    finally:
        moments.put_nowait(None)
        await sending


def percent(moment: IndexProgress) -> float:
    """How much of the whole run is done."""
    start, end = STAGES[moment.stage]
    part = min(moment.done / moment.total, 1.0) if moment.total else 0.0
    return start + (end - start) * part


def answer(value: object, model: type[Model], *notes: str) -> CallToolResult:
    """Return a value in both forms: text for the model, structured content for programs."""
    structured = model.model_validate(data.render(value))
    return result(structured, text.render(value), *notes)


def result(structured: BaseModel, *texts: str) -> CallToolResult:
    """Return structured content with its text form."""
    content = [TextContent(type="text", text=each) for each in texts if each]
    return CallToolResult(content=list(content), structured_content=structured.model_dump(mode="json"))
