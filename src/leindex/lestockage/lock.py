"""One writer: an advisory lock that the kernel takes back when its holder dies, so that none can go stale."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from leindex.errors import IndexFolderReadOnly, IndexLocked

LOCK_NAME = "lock"


class WriterLock:
    """Held from construction to :meth:`release`; the file that carries it stays, and means nothing by itself."""

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_NAME
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise IndexFolderReadOnly(folder, error.strerror or str(error)) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20)
            os.close(self._descriptor)
            raise IndexLocked(folder, int(holder) if holder.isdigit() else None) from None
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let the next writer in; twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> WriterLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
