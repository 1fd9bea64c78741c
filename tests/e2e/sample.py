"""A small project for the end-to-end tests: an imaginary web client with a connection pool."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "webclient/pool.py": '''"""Connections that are kept alive and used again."""

from webclient.connection import Connection


class ConnectionPool:
    """Keeps idle connections per host so that the next request need not open one."""

    def __init__(self, size=10):
        self.size = size
        self.idle = []

    def acquire(self, host):
        """Hand out an idle connection to the host, or open a new one."""
        for connection in self.idle:
            if connection.host == host:
                self.idle.remove(connection)
                return connection
        return Connection(host)

    def release(self, connection):
        """Take a connection back; beyond the size of the pool it is closed."""
        if len(self.idle) >= self.size:
            connection.close()
        else:
            self.idle.append(connection)
''',
    "webclient/connection.py": '''"""One connection to one host."""


class Connection:
    """A socket and what is known about its other end."""

    def __init__(self, host):
        self.host = host
        self.open = True

    def close(self):
        """Close the socket."""
        self.open = False

    def send(self, request):
        """Write the request and wait for the response."""
        return request.encode()
''',
    "webclient/session.py": '''"""What users of the client see."""

from webclient.pool import ConnectionPool


class Session:
    """Sends requests over pooled connections."""

    def __init__(self):
        self.pool = ConnectionPool()

    def get(self, host, path):
        """Fetch a page."""
        connection = self.pool.acquire(host)
        try:
            return connection.send(f"GET {path}")
        finally:
            self.pool.release(connection)


def fetch(host, path):
    """Fetch one page with a session of its own."""
    session = Session()
    return session.get(host, path)
''',
    "webclient/cache.py": '''"""Answers that are remembered."""


class Cache:
    def get(self, key):
        """Look an answer up."""
        return None
''',
    "retry/retry.py": '''"""Repeats what failed."""


def backoff(attempt):
    """Wait longer after every failure."""
    return attempt * attempt


def repeat(work):
    """Call the work until it succeeds."""
    attempt = 0
    while not work():
        attempt += 1
        backoff(attempt)
''',
    "ui/status.js": """// Shows whether the client is online.
export function renderStatus(online) {
  return online ? badge("green") : badge("red");
}

function badge(colour) {
  return `<i class="${colour}"></i>`;
}
""",
    "README.md": """# Web client

## Timeouts

A request that takes longer than thirty seconds is given up.
""",
}


def make(folder: Path) -> Path:
    """Write the project below a folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "data.txt").write_bytes(b"\x00\x01\x02" * 100)
    return folder
