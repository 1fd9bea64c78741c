"""The projects a server has open: each is opened once, however many calls ask for it at the same time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from pathlib import Path

from leindex.lepasserelle.asynchronous import AsyncLeIndex
from leindex.lepasserelle.project import find_root

MOST_OPEN = 8
"""Projects kept open; the one unused for longest is closed for another. Its index stays on disk."""


class Projects:
    """Open projects by their root."""

    def __init__(self, default: Path) -> None:
        self._default = find_root(default)
        self._open: OrderedDict[Path, AsyncLeIndex] = OrderedDict()
        self._lock = asyncio.Lock()

    async def get(self, project_path: str | None) -> AsyncLeIndex:
        """Return the project at a path, or the server's own.

        Raises:
            ProjectNotFound: if there is nothing at the path.
            NotAFolder: if the path leads to a file.
        """
        root = find_root(Path(project_path).expanduser()) if project_path else self._default
        async with self._lock:
            project = self._open.pop(root, None) or AsyncLeIndex(root)
            self._open[root] = project
            while len(self._open) > MOST_OPEN:
                _, oldest = self._open.popitem(last=False)
                await oldest.close()
        return project

    async def close(self) -> None:
        """Close all of them."""
        async with self._lock:
            while self._open:
                await self._open.popitem()[1].close()
