"""What writing costs: a durable insert beside a bare one, bulk, enrichment; opening a large file, reading a property.

A contest with nobody: each figure has a goal, and inserts have beside them what SQLite alone takes in the same minute.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import processes
from benchmarks.memory import world
from embedded_db import EmbeddedDB
from embedded_db.drafts import edge_draft
from embedded_db.storage.store import Store

INSERTS = 400
QUEUED, TASKS = 10_000, 2  # each message waits for two stages
BULK, AT_ONCE = 100_000, 20_000
NODES, EDGES = 20_000, 50_000
NODE = "id, type, chat, sender, role, title, content, properties, metadata, created_at, updated_at, hash"
TASK = "n, stage, priority, queued_at"
ENRICHED = 4_000
READS = 20_000

OPEN = """
import sys, time, json
from embedded_db import EmbeddedDB
start = time.perf_counter()
db = EmbeddedDB(sys.argv[1], weave=False)
opened = time.perf_counter()
db.get_node(sys.argv[2])
read = time.perf_counter()
db.close()
print(json.dumps([1e3 * (opened - start), 1e3 * (read - start)]))
"""


def measure(folder: Path, sentences: list[str], million: Path | None, node: str = "m0") -> dict[str, float]:
    """All figures; ``million`` is a large file to be opened, if there is one."""
    figures = {**inserts(folder, sentences), **queued(folder, sentences), **bulk(folder, sentences), **edges(folder)}
    figures["enriched, messages/s"] = enriched(folder, sentences)
    figures |= reads(folder)
    if million is not None:
        times = [json.loads(processes.run(["-c", OPEN, str(million), node]).output) for _ in range(7)]
        figures["open, ms"] = median(one for one, _ in times)
        figures["open and read a node, ms"] = median(both for _, both in times)
    return figures


def inserts(folder: Path, sentences: list[str]) -> dict[str, float]:
    """A message with its words and tasks beside one row in SQLite, in turns; each waits for the disk."""
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
    bare.execute("CREATE TABLE messages (n INTEGER PRIMARY KEY, id TEXT, content TEXT)")
    taken: dict[str, list[float]] = {"bare": [], "ours": []}
    with EmbeddedDB(folder / "durable.db", weave=False) as db:
        chat = db.create_chat("inserts").id
        for number in range(INSERTS):
            text = sentences[number % len(sentences)]
            row = (f"id {number}", text)
            _timed(taken["bare"], lambda row=row: bare.execute("INSERT INTO messages (id, content) VALUES (?, ?)", row))
            _timed(taken["ours"], lambda text=text: db.create_message(chat, text, sender="Ann"))
    bare.close()
    ours, floor = (1e3 * median(taken[name]) for name in ("ours", "bare"))
    return {"durable insert, ms": ours, "bare insert, ms": floor, "ours / bare": ours / floor}


def queued(folder: Path, sentences: list[str]) -> dict[str, float]:
    """A message while ten thousand tasks wait, beside one while none do, in turns."""
    with (
        EmbeddedDB(folder / "queue.db", weave=False) as busy,
        EmbeddedDB(folder / "no queue.db", weave=False) as idle,
    ):
        for db in (busy, idle):
            db.add_messages([{"content": sentences[n % len(sentences)]} for n in range(QUEUED // TASKS)], "old")
        with idle.store.writing() as database:
            database.execute("DELETE FROM tasks")
        taken: dict[str, list[float]] = {"busy": [], "idle": []}
        for number in range(INSERTS):
            text = sentences[number % len(sentences)]
            for name, db in (("busy", busy), ("idle", idle))[:: 1 if number % 2 else -1]:
                _timed(taken[name], lambda db=db, text=text: db.create_message("new", text, sender="Ann"))
    return {"insert, 10,000 queued / none": median(taken["busy"]) / median(taken["idle"])}


def bulk(folder: Path, sentences: list[str]) -> dict[str, float]:
    """Messages a second, with words and tasks, in transactions of some thousands; and the same rows by SQLite alone."""
    rows = [{"content": sentences[n % len(sentences)], "sender": "Ann", "role": "user"} for n in range(BULK)]
    with EmbeddedDB(folder / "bulk.db", weave=False) as db, EmbeddedDB(folder / "bulk floor.db", weave=False) as bare:
        chat = db.create_chat("bulk").id
        bare.create_chat("bulk", id=chat)
        ours = floor = 0.0
        for at in range(0, BULK, AT_ONCE):
            start = time.perf_counter()
            db.add_messages(rows[at : at + AT_ONCE], chat)
            ours += time.perf_counter() - start
            floor += _copied(db.store, bare.store, at + 1)
    return {"bulk, messages/s": BULK / ours, "bulk / bare": ours / floor}


def _copied(source: Store, bare: Store, last: int) -> float:
    """Seconds in which SQLite stores what came after a number into tables, words and tasks of the same schema."""
    with source.reading() as database:
        nodes, tasks = (
            database.execute(f"SELECT {columns} FROM {table} WHERE n > ?", (last,)).fetchall()
            for table, columns in (("nodes", NODE), ("tasks", TASK))
        )
    start = time.perf_counter()
    with bare.connections.writing() as database:
        for table, columns, rows in (("nodes", NODE, nodes), ("tasks", TASK, tasks)):
            marks = ", ".join("?" * len(columns.split(",")))
            database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
        database.execute(
            "INSERT INTO texts (rowid, title, sender, content, day) SELECT n, title, sender, content, day FROM words "
            "WHERE n > ?",
            (last,),
        )
    return time.perf_counter() - start


def edges(folder: Path) -> dict[str, float]:
    """Edges a second between nodes anywhere, in transactions of some thousands."""
    with EmbeddedDB(folder / "edges.db", weave=False) as db:
        ids = db.add_messages([{"content": ""} for _ in range(NODES)], "chat")
        ends = [(ids[n * 7919 % NODES], ids[n * 104_729 % NODES]) for n in range(EDGES)]
        taken = 0.0
        for at in range(0, EDGES, AT_ONCE):
            new = [edge_draft(one, other, "NEAR") for one, other in ends[at : at + AT_ONCE]]
            start = time.perf_counter()
            db.store.add_edges(new)
            taken += time.perf_counter() - start
    return {"bulk, edges/s": EDGES / taken}


def enriched(folder: Path, sentences: list[str]) -> float:
    """Messages a second from being stored to being embedded, linked, mentioned and summed up, by the light models."""
    with EmbeddedDB(folder / "enriched.db", weave=False) as db:
        for at in range(0, ENRICHED, 200):
            rows = [{"content": sentences[(at + n) % len(sentences)], "sender": "Ann"} for n in range(200)]
            db.add_messages(rows, f"chat {at}")
        db.resume_weaver()
        start = time.perf_counter()
        db.drain_weaver(3600)
        return ENRICHED / (time.perf_counter() - start)


def reads(folder: Path) -> dict[str, float]:
    """A property of a record, and a node by id, in microseconds."""
    with EmbeddedDB(folder / "reads.db", weave=False) as db:
        message = db.create_message("chat", "something", sender="Ann", metadata={"one": 1})
        own = db.create_node({"type": "Stone", "weight": 3})
        return {
            "property read, us": _microseconds(lambda: message.sender),
            "own property read, us": _microseconds(lambda: own.weight),
            "node by id, us": _microseconds(lambda: db.get_node(message.id)),
        }


def sentences() -> list[str]:
    """Texts as people write them, from a made-up world: names, places, times."""
    people, places = ("Ann", "Bob", "Carol Jones", "Dr. Smith"), ("Paris", "Berlin", "New York", "the office")
    things = ("the query planner", "our boat", "a new index", "the release", "her bicycle", "the garden")
    verbs = ("talked about", "repaired", "was worried about", "showed us", "wrote down what is wrong with")
    return [
        f"{people[n % 4]} {verbs[n % 5]} {things[n % 6]} in {places[n // 7 % 4]} on day {n}, {world.word(n % 20_000)}"
        for n in range(5000)
    ]


def _timed(taken: list[float], call: Callable[[], Any]) -> None:
    start = time.perf_counter()
    call()
    taken.append(time.perf_counter() - start)


def _microseconds(call: Callable[[], Any]) -> float:
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(READS // 5):
            call()
        rounds.append((time.perf_counter() - start) / (READS // 5))
    return 1e6 * min(rounds)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), sentences(), Path(sys.argv[2]) if len(sys.argv) > 2 else None)))
