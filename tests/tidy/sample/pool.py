"""A pool of connections: the small project that the examples of the documents are run against."""

from __future__ import annotations

from queue import LifoQueue


class Connection:
    """One open connection to a host."""

    def __init__(self, host: str) -> None:
        self.host = host

    def send(self, method: str, path: str) -> str:
        """Send a request and return the answer's text."""
        return f"{method} {self.host}{path}"


class ConnectionPool:
    """Keeps connections open and lends them out, the one used last first."""

    def __init__(self, host: str, size: int = 4) -> None:
        self.host = host
        self._idle: LifoQueue[Connection] = LifoQueue(size)

    def acquire(self) -> Connection:
        """Lend an idle connection, or open one when none is idle."""
        if self._idle.empty():
            return Connection(self.host)
        return self._idle.get()

    def release(self, connection: Connection) -> None:
        """Take a connection back; beyond the pool's size it is closed by being forgotten."""
        if not self._idle.full():
            self._idle.put(connection)
