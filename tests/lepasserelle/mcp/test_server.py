"""The server in this process: tools, errors and open projects, without the cost of a subprocess for each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from leindex import LeIndex
from leindex.errors import NotAFolder, ProjectNotFound
from leindex.lepasserelle.mcp import projects, server
from leindex.lepasserelle.mcp.models import IndexModel, SymbolAnswerModel
from leindex.lepasserelle.mcp.projects import Projects
from leindex.lepasserelle.mcp.tools import symbol
from tests.e2e import sample

T = TypeVar("T")


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sample.make(tmp_path_factory.mktemp("project"))
    with LeIndex(folder) as index:
        index.index()
    return folder


def with_client(folder: Path, work: Callable[[Client], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Client(server.build(Projects(folder))) as client:
            return await work(client)

    return asyncio.run(run())


def call(folder: Path, tool: str, **arguments: Any) -> CallToolResult:
    return with_client(folder, lambda client: client.call_tool(tool, arguments))


def said(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("leindex_deep_analyze", {"query": "connection pool"}, "class ConnectionPool:"),
        ("leindex_search", {"query": "connection pool"}, "webclient/pool.py::ConnectionPool"),
        ("leindex_symbol", {"symbol": "fetch"}, "session.get(host, path)"),
        ("leindex_symbol", {"symbol": "get"}, "ask for one by its id"),
        ("leindex_index", {}, "unchanged 8"),
    ],
)
def test_every_tool_answers_in_text_and_in_structure(
    indexed: Path, tool: str, arguments: dict[str, Any], words: str
) -> None:
    result = call(indexed, tool, **arguments)
    assert not result.is_error
    assert words in said(result)
    assert result.structured_content


def test_a_file_that_changed_is_noted_beside_the_answer(tmp_path: Path) -> None:
    folder = sample.make(tmp_path / "project")
    with LeIndex(folder) as index:
        index.index()
    (folder / "webclient" / "pool.py").write_text("class ConnectionPool:\n    pass\n", encoding="utf-8")
    result = call(folder, "leindex_deep_analyze", query="connection pool")
    assert said(result).count("changed since the index was made") == 1
    assert "changed" in result.structured_content["notes"][0]  # type: ignore[index]


def test_many_callers_are_counted_and_the_first_of_them_listed(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbol, "MOST_RELATIONS", 1)
    result = call(indexed, "leindex_symbol", symbol="Session.get")
    structured = SymbolAnswerModel.model_validate(result.structured_content)
    assert len(structured.callees) == 1
    assert any(note.startswith("1 of ") and note.endswith(" callees are listed") for note in structured.notes)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("leindex_search", {"query": " "}, "The question is empty"),
        ("leindex_search", {"query": "x", "project_path": "/no/such/folder"}, "There is no folder"),
        ("leindex_index", {"project_path": "/no/such/folder"}, "There is no folder"),
        ("leindex_symbol", {"symbol": "nothing_like_it"}, "No symbol is called"),
    ],
)
def test_what_a_caller_can_put_right_is_said(indexed: Path, tool: str, arguments: dict[str, Any], words: str) -> None:
    result = call(indexed, tool, **arguments)
    assert result.is_error
    assert words in said(result)


def test_a_disk_that_fails_is_a_sentence_too(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LeIndex, "search", fail)
    result = call(indexed, "leindex_search", query="x")
    assert result.is_error
    assert "No space left on device" in said(result)


def test_a_project_is_opened_once_and_the_longest_unused_is_closed(
    indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects, "MOST_OPEN", 2)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    async def run() -> list[bool]:
        opened = Projects(indexed)
        own = await opened.get(None)
        a = await opened.get(str(tmp_path / "a"))
        again = [await opened.get(None) is own, await opened.get(str(indexed / "webclient")) is own]
        await opened.get(str(tmp_path / "b"))  # closes a, which was unused for longest
        again += [await opened.get(None) is own, await opened.get(str(tmp_path / "a")) is a]
        await opened.close()
        return again

    assert asyncio.run(run()) == [True, True, True, False]


def test_a_server_for_no_folder_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ProjectNotFound):
        server.serve(tmp_path / "nowhere")
    with pytest.raises(NotAFolder):
        server.serve(tmp_path / "notes.txt")


def test_the_first_call_indexes_and_reports_progress(tmp_path: Path) -> None:
    folder, seen = sample.make(tmp_path / "project"), []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    result = with_client(folder, lambda client: client.call_tool("leindex_index", {}, progress_callback=note))
    assert IndexModel.model_validate(result.structured_content).generation == 1
    assert seen == sorted(seen) and seen[-1] == 100
