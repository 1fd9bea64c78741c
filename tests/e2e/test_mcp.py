"""The door for agents from end to end: the official client, the real server as a subprocess, a real project."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult, TextContent

from leindex import LeIndex
from leindex.lepasserelle.mcp.models import ContextModel, IndexModel, SearchModel, SymbolAnswerModel
from leindex_rust import count_tokens

T = TypeVar("T")
TOOLS = ["leindex_deep_analyze", "leindex_search", "leindex_symbol", "leindex_index"]


def with_server(project: Path, work: Callable[[Client], Awaitable[T]]) -> T:
    """Run some work against a fresh server for a project."""

    async def run() -> T:
        command = ["-m", "leindex", "mcp", "--project", str(project)]
        async with Client(StdioServerParameters(command=sys.executable, args=command)) as client:
            return await work(client)

    return asyncio.run(asyncio.wait_for(run(), 120))


def call(project: Path, tool: str, **arguments: Any) -> CallToolResult:
    """One call to a fresh server."""
    return with_server(project, lambda client: client.call_tool(tool, arguments))


def said(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def test_the_server_introduces_itself_and_its_tools(indexed: Path) -> None:
    async def introduce(client: Client) -> tuple[str, list[Any]]:
        return client.instructions or "", (await client.list_tools()).tools

    instructions, tools = with_server(indexed, introduce)
    assert "leindex_deep_analyze" in instructions
    assert [tool.name for tool in tools] == TOOLS
    for tool in tools:
        assert tool.description and tool.output_schema
        assert "project_path" not in tool.input_schema.get("required", [])
        undescribed = [name for name, field in tool.input_schema["properties"].items() if "description" not in field]
        assert undescribed == []
    analyze = tools[0].input_schema
    assert analyze["required"] == ["query"]
    assert analyze["properties"]["budget"]["default"] == 2000


def test_a_question_is_answered_within_its_budget(indexed: Path) -> None:
    result = call(indexed, "leindex_deep_analyze", query="how does connection pooling work", budget=600)
    assert not result.is_error
    structured = ContextModel.model_validate(result.structured_content)
    assert structured.text == result.content[0].text  # type: ignore[union-attr]
    assert structured.tokens == count_tokens(structured.text) <= 600
    assert "def acquire(self, host):" in structured.text
    assert structured.entry_points[0].symbol.file == "webclient/pool.py"


def test_a_search_returns_symbols(indexed: Path) -> None:
    result = call(indexed, "leindex_search", query="wait longer after every failure", limit=2)
    hits = SearchModel.model_validate(result.structured_content).hits
    assert len(hits) == 2
    assert hits[0].symbol.id == "retry/retry.py::backoff"
    assert "retry/retry.py::backoff" in said(result)


def test_a_symbol_comes_with_its_callers_and_callees(indexed: Path) -> None:
    result = call(indexed, "leindex_symbol", symbol="Session.get")
    structured = SymbolAnswerModel.model_validate(result.structured_content)
    assert structured.symbol is not None and structured.symbol.signature == "def get(self, host, path)"
    assert "fetch" in {each.symbol.name for each in structured.callers}
    assert "acquire" in {each.symbol.name for each in structured.callees}
    assert "def get(self, host, path):" in said(result)
    assert "callers of webclient/session.py::Session.get" in said(result)


def test_an_ambiguous_name_returns_the_candidates(indexed: Path) -> None:
    result = call(indexed, "leindex_symbol", symbol="get")
    structured = SymbolAnswerModel.model_validate(result.structured_content)
    assert structured.symbol is None
    assert {each.id for each in structured.candidates} == {
        "webclient/session.py::Session.get",
        "webclient/cache.py::Cache.get",
    }
    assert "ask for one by its id" in said(result)


def test_indexing_reports_progress_that_only_grows(project: Path) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    result = with_server(project, lambda client: client.call_tool("leindex_index", {}, progress_callback=note))
    assert IndexModel.model_validate(result.structured_content).languages["python"] == 5
    assert "indexed" in said(result)
    values = [progress for progress, _, _ in seen]
    assert values and values == sorted(values) and values[-1] == 100
    assert {total for _, total, _ in seen} == {100}


def test_the_first_question_indexes_by_itself_and_reports_progress(project: Path) -> None:
    seen: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    ask = {"query": "backoff"}
    result = with_server(project, lambda client: client.call_tool("leindex_search", ask, progress_callback=note))
    assert not result.is_error
    assert seen[-1] == 100


def test_one_server_answers_for_several_projects(indexed: Path, project: Path) -> None:
    result = call(indexed, "leindex_index", project_path=str(project))
    assert IndexModel.model_validate(result.structured_content).root == str(project)


def test_errors_are_results_that_say_the_next_step(indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("leindex_search", {"query": " "}, "The question is empty"),
        ("leindex_search", {"query": "x", "limit": 0}, "The limit must be a whole number from 1"),
        ("leindex_deep_analyze", {"query": "x", "budget": 0}, "The budget must be a whole number from 1"),
        ("leindex_symbol", {"symbol": "ConnectionPol"}, "did you mean"),
        ("leindex_search", {"query": "x", "project_path": str(tmp_path / "nowhere")}, "There is no folder"),
        ("leindex_index", {"project_path": str(tmp_path / "notes.txt")}, "is a file"),
        ("leindex_search", {}, "query"),
    ]

    async def provoke(client: Client) -> list[CallToolResult]:
        return [await client.call_tool(tool, arguments) for tool, arguments, _ in cases]

    for (tool, arguments, sentence), result in zip(cases, with_server(indexed, provoke), strict=True):
        assert result.is_error, (tool, arguments)
        assert sentence in said(result), said(result)


def test_questions_at_once_and_during_an_index_are_all_answered(project: Path) -> None:
    with LeIndex(project) as index:
        index.index()

    async def crowd(client: Client) -> list[CallToolResult]:
        (project / "webclient" / "new.py").write_text("def brand_new():\n    pass\n", encoding="utf-8")
        search = {"query": "connection pool"}
        calls = [client.call_tool("leindex_index", {}), *(client.call_tool("leindex_search", search) for _ in range(8))]
        return list(await asyncio.gather(*calls))

    indexed, *answers = with_server(project, crowd)
    assert IndexModel.model_validate(indexed.structured_content).parsed == 1
    first = {SearchModel.model_validate(answer.structured_content).hits[0].symbol.name for answer in answers}
    assert first == {"ConnectionPool"}
