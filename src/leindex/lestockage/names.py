"""Finds symbols by what a person types: a node number, an id, a qualified name, any whole tail of one, or a file.

The rungs are tried from the most exact to the least, and the first that holds anything answers with all it holds:
ambiguity is for the reader to see. Names are looked up in one covering index, (symbol_name, qualified_name): the last
part of a qualified name is the symbol's own name. The rows of a file are a range of nodes, so ids need no index.
"""

from __future__ import annotations

import re
import sqlite3

SEPARATOR = re.compile(r"::|[.#/]")
PLAIN = "replace(replace(replace(qualified_name, '::', '.'), '#', '.'), '/', '.')"


def find(database: sqlite3.Connection, name: str, limit: int) -> list[int]:
    """Nodes that ``name`` may mean, in the order of files and lines."""
    name = name.strip()
    if re.fullmatch(r"#[0-9]{1,18}", name):
        return _column(database, "SELECT id FROM intel_nodes WHERE id = ?", int(name[1:]))
    if not name:
        return []
    for rung in (_by_id, _by_whole_name, _by_tail, _by_tail_in_other_words, _by_id_of_file_named):
        found = rung(database, name, limit)
        if found:
            return found
    return []


def _by_id(database: sqlite3.Connection, name: str, limit: int) -> list[int]:
    """``path::local.name``, or the path alone for the module."""
    path, _, local = name.partition("::")
    return _in_files(database, "path = ?1", path, local, limit)


def _by_id_of_file_named(database: sqlite3.Connection, name: str, limit: int) -> list[int]:
    """The same, where the path is a tail of the whole one: ``sessions.py::Session.get``."""
    path, _, local = name.partition("::")
    return _in_files(database, "substr(path, -length(?1)) = ?1", "/" + path.lstrip("/"), local, limit)


def _in_files(database: sqlite3.Connection, which: str, path: str, local: str, limit: int) -> list[int]:
    found: list[int] = []
    files = database.execute(f"SELECT first_node, symbols FROM files WHERE {which} ORDER BY path", (path,))
    for first, count in files.fetchall():
        query = "SELECT id FROM intel_nodes WHERE id >= ? AND id < ? AND local_name = ? LIMIT ?"
        found += _column(database, query, first, first + count, local, limit - len(found))
    return found


def _by_whole_name(database: sqlite3.Connection, name: str, limit: int) -> list[int]:
    """A bare name waits for the next rung: module ``retry`` is no better an answer than function ``retry`` in it."""
    names = _last_parts(name)
    if len(names) == 1:
        return []
    query = (
        f"SELECT id FROM intel_nodes WHERE symbol_name IN ({_marks(names)}) AND qualified_name = ? ORDER BY id LIMIT ?"
    )
    return _column(database, query, *names, name, limit)


def _by_tail(database: sqlite3.Connection, name: str, limit: int) -> list[int]:
    """``Session.get`` finds ``http.Session.get`` and not ``Obsession.get``. A bare name is the shortest tail."""
    names = _last_parts(name)
    if len(names) == 1:
        return _column(database, "SELECT id FROM intel_nodes WHERE symbol_name = ? ORDER BY id LIMIT ?", name, limit)
    tails = [separator + name for separator in (".", "::", "#", "/")]
    matches = " OR ".join(f"substr(qualified_name, -{len(tail)}) = ?" for tail in tails)
    query = f"SELECT id FROM intel_nodes WHERE symbol_name IN ({_marks(names)}) AND ({matches}) ORDER BY id LIMIT ?"
    return _column(database, query, *names, *tails, limit)


def _by_tail_in_other_words(database: sqlite3.Connection, name: str, limit: int) -> list[int]:
    """The same with all separators worth the same: ``Session.get`` finds ``http::Session::get``."""
    names = _last_parts(name)
    if len(names) == 1:
        return []
    tail = "." + SEPARATOR.sub(".", name).lstrip(".")
    query = (
        f"SELECT id FROM intel_nodes WHERE symbol_name IN ({_marks(names)}) "
        f"AND substr('.' || {PLAIN}, -length(?)) = ? ORDER BY id LIMIT ?"
    )
    return _column(database, query, *names, tail, tail, limit)


def _last_parts(name: str) -> list[str]:
    """What the symbol itself may be called: names hold separators at times (``index.d``, a heading)."""
    return [name, *(name[match.end() :] for match in SEPARATOR.finditer(name) if match.end() < len(name))]


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))


def _column(database: sqlite3.Connection, query: str, *values: object) -> list[int]:
    return [node for (node,) in database.execute(query, values)]
