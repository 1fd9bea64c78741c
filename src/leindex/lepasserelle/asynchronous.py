"""The same facade for programs with an event loop: every method runs in a few threads of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from leindex.lepasserelle.facade import SHOWN_TOKENS, LeIndex, Progress
from leindex.lepasserelle.settings import Settings
from leindex.lepasserelle.values import Complexities, ControlFlow, Definition, Relations, Status
from leindex.types import Context, IndexProgress, IndexReport, SearchHit

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 4
"""One may index while the others answer."""


class AsyncLeIndex:
    """One project and its index; see :class:`leindex.LeIndex`, whose methods these are, errors included."""

    def __init__(self, path: str | os.PathLike[str] = ".", settings: Settings | None = None) -> None:
        """Open the project at ``path``, or the indexed project around it.

        Raises:
            ProjectError: if the path leads to no folder.
        """
        self.sync = LeIndex(path, settings)
        """The object that does the work."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="leindex")

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **kwargs))

    async def index(self, progress: Progress | None = None) -> IndexReport:
        """Index the project, or what changed in it; ``progress`` is called in the event loop."""
        return await self._run(self.sync.index, _in_loop(progress))

    async def is_indexed(self) -> bool:
        """Whether a question can be answered without indexing first."""
        return await self._run(self.sync.is_indexed)

    async def ensure_indexed(self, progress: Progress | None = None) -> IndexReport | None:
        """Index if there is no index yet."""
        return await self._run(self.sync.ensure_indexed, _in_loop(progress))

    async def search(self, query: str, limit: int = 10) -> list[SearchHit]:
        """Return symbols that match words or a question, best first."""
        return await self._run(self.sync.search, query, limit=limit)

    async def analyze(self, query: str, budget: int = 2000) -> Context:
        """Return the code that answers a question, within a budget of cl100k tokens."""
        return await self._run(self.sync.analyze, query, budget=budget)

    async def show(self, symbol: str, budget: int = SHOWN_TOKENS) -> Definition:
        """Return a symbol with its source."""
        return await self._run(self.sync.show, symbol, budget=budget)

    async def callers(self, symbol: str) -> Relations:
        """Return who calls, extends or uses a symbol."""
        return await self._run(self.sync.callers, symbol)

    async def callees(self, symbol: str) -> Relations:
        """Return what a symbol calls, extends or uses."""
        return await self._run(self.sync.callees, symbol)

    async def cfg(self, symbol: str) -> ControlFlow:
        """Return how control goes through a function."""
        return await self._run(self.sync.cfg, symbol)

    async def complexity(self, path: str | os.PathLike[str] = ".", top: int = 20) -> Complexities:
        """Return the functions of a file or folder that are hardest to follow."""
        return await self._run(self.sync.complexity, path, top=top)

    async def status(self) -> Status:
        """Return what is known of the project, without indexing anything."""
        return await self._run(self.sync.status)

    async def close(self) -> None:
        """Let go of the index and the threads, once running calls are done."""
        await asyncio.to_thread(self._threads.shutdown)
        self.sync.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _in_loop(progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    loop = asyncio.get_running_loop()

    def report(moment: IndexProgress) -> None:
        loop.call_soon_threadsafe(progress, moment)

    return report
