"""Brings a database to the schema of this LeIndex: migrations are SQL files, known by name and applied once."""

from __future__ import annotations

import sqlite3
import time
from functools import cache
from importlib.resources import files
from pathlib import Path

from leindex.errors import IndexNewer


@cache
def migrations() -> dict[str, str]:
    """SQL by name, in the order in which it is applied."""
    scripts = [item for item in files(f"{__package__}.migrations").iterdir() if item.name.endswith(".sql")]
    return {item.name.removesuffix(".sql"): item.read_text("utf-8") for item in sorted(scripts, key=lambda i: i.name)}


def applied(database: sqlite3.Connection) -> list[str]:
    """Names of the migrations that the database has seen; none in an empty one."""
    table = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").fetchone()
    return [name for (name,) in database.execute("SELECT name FROM migrations ORDER BY name")] if table else []


def pending(database: sqlite3.Connection, folder: Path) -> list[str]:
    """Names of the migrations still to come.

    Raises:
        IndexNewer: if the database has one that this LeIndex does not know.
    """
    seen = set(applied(database))
    unknown = sorted(seen - migrations().keys())
    if unknown:
        raise IndexNewer(folder, unknown)
    return [name for name in migrations() if name not in seen]


def migrate(database: sqlite3.Connection, folder: Path) -> None:
    """Apply what is pending, each migration in a transaction of its own with the record of its name."""
    for name in pending(database, folder):
        script = f"""BEGIN IMMEDIATE;
            CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL);
            {migrations()[name]}
            INSERT INTO migrations VALUES ('{name}', {int(time.time())});
            COMMIT;"""
        try:
            database.executescript(script)
        except sqlite3.Error:
            if database.in_transaction:
                database.rollback()
            raise
