"""The library in an event loop: the same answers, and the loop stays free."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from leindex import AsyncLeIndex, LeIndex
from leindex.errors import SymbolNotFound
from leindex.types import IndexProgress


def test_every_method_answers_as_the_plain_one(indexed: Path) -> None:
    async def ask() -> list[object]:
        async with AsyncLeIndex(indexed) as index:
            assert await index.is_indexed()
            return [
                await index.search("pool", limit=2),
                await index.analyze("pool", budget=300),
                await index.show("Session.get"),
                await index.callers("Session.get"),
                await index.callees("Session.get"),
                await index.status(),
            ]

    with LeIndex(indexed) as plain:
        expected = [
            plain.search("pool", limit=2),
            plain.analyze("pool", budget=300),
            plain.show("Session.get"),
            plain.callers("Session.get"),
            plain.callees("Session.get"),
            plain.status(),
        ]
    assert asyncio.run(ask()) == expected


def test_progress_arrives_in_the_loop(project: Path) -> None:
    async def run() -> list[tuple[IndexProgress, bool]]:
        loop, moments = asyncio.get_running_loop(), []
        async with AsyncLeIndex(project) as index:
            report = await index.index(lambda moment: moments.append((moment, asyncio.get_running_loop() is loop)))
            assert await index.ensure_indexed() is None
        assert report.files
        return moments

    moments = asyncio.run(run())
    assert moments and all(in_loop for _, in_loop in moments)


def test_questions_may_come_at_once(indexed: Path) -> None:
    async def run() -> list[str]:
        async with AsyncLeIndex(indexed) as index:
            answers = await asyncio.gather(*(index.search("backoff") for _ in range(12)))
        return [answer[0].symbol.name for answer in answers]

    assert set(asyncio.run(run())) == {"backoff"}


def test_errors_are_the_same(indexed: Path) -> None:
    async def run() -> None:
        async with AsyncLeIndex(indexed) as index:
            await index.show("nothing_like_it")

    with pytest.raises(SymbolNotFound):
        asyncio.run(run())
