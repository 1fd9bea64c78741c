"""Requests to one host, over connections that are reused."""

from __future__ import annotations

from pool import ConnectionPool


class Session:
    """What a program uses: one pool, many requests."""

    def __init__(self, host: str) -> None:
        self.pool = ConnectionPool(host)

    def request(self, method: str, path: str) -> str:
        """Send a request over a pooled connection, which always goes back to the pool."""
        connection = self.pool.acquire()
        try:
            return connection.send(method, path)
        finally:
            self.pool.release(connection)

    def get(self, path: str) -> str:
        """Send a GET request."""
        return self.request("GET", path)
