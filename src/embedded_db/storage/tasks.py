"""The outbox: rows that say what the Weaver still has to do, written in the transaction of what it is about.

A task is a node and a stage. It is ``ready`` until somebody takes it, ``leased`` while it is worked on, gone when it is
finished, and ``dead`` when it has failed too often. ``due_at`` is 0 for what may run at once, so that a clock that goes
backwards delays nothing; it is a time only after a failure and for a lease.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from embedded_db import drafts

SECOND = 1_000_000
MOST_ATTEMPTS = 5
LEASE = 300 * SECOND
"""Longer than any model may take; whoever died without giving back is mostly noticed at once."""
LONGEST_DELAY = 3600 * SECOND
LONGEST_REST = 60 * SECOND


class Priority(IntEnum):
    """How soon a task is wanted; a smaller number comes first."""

    URGENT = 0
    NORMAL = 1
    LOW = 2
    BATCH = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """That tasks of a stage and priority wait, and when the first of them is due."""

    stage: str
    priority: Priority
    due_at: int


@dataclass(frozen=True, slots=True)
class Task:
    """A task that was taken."""

    n: int
    stage: str
    priority: Priority
    revision: int
    attempts: int


RENEWED = """ON CONFLICT (n, stage) DO UPDATE SET priority = min(priority, excluded.priority), state = 'ready',
    revision = revision + 1, attempts = 0, queued_at = excluded.queued_at, due_at = 0, owner = NULL, error = NULL
    WHERE state <> 'ready' OR due_at <> 0 OR error IS NOT NULL OR priority > excluded.priority"""
"""A task that is there already begins anew: what an older revision finishes does not count. One that nobody has begun
stays as it is: whoever takes it reads what is there then, and a row that does not change is no page to write."""


Asked = tuple[int, str, Priority]
"""Number of a node, stage, and how soon."""
INSERT = "INSERT INTO tasks (n, stage, priority, queued_at)"


def enqueue(database: sqlite3.Connection, stage: str, numbers: Iterable[int], priority: Priority) -> None:
    """Ask for a stage of nodes."""
    enqueue_each(database, [(n, stage, priority) for n in numbers])


def enqueue_each(database: sqlite3.Connection, asked: Iterable[Asked]) -> None:
    """Ask for stages of nodes."""
    moment = drafts.now()
    values = ((n, stage, int(priority), moment) for n, stage, priority in asked)
    database.executemany(f"{INSERT} VALUES (?, ?, ?, ?) {RENEWED}", values)


def enqueue_run(
    database: sqlite3.Connection, first: int, last: int, asked: Sequence[tuple[str, str, Priority]]
) -> None:
    """Ask for stages of those nodes of a run that have a text; ``asked`` is (type of node, stage, priority).

    The nodes are new: nothing was asked of them before. One statement for the whole run, in the order of the table,
    costs a third of one for each task.
    """
    if not asked:
        return
    rows = ", ".join(["(?, ?, ?)"] * len(asked))
    database.execute(
        f"""{INSERT} SELECT n, asked.column2, asked.column3, ? FROM nodes CROSS JOIN (VALUES {rows}) AS asked
        WHERE n BETWEEN ? AND ? AND type = asked.column1 AND (content <> '' OR title <> '')""",
        (drafts.now(), *(value for one in asked for value in (one[0], one[1], int(one[2]))), first, last),
    )


def waiting(
    database: sqlite3.Connection, stages: Iterable[str], priorities: Sequence[Priority] = tuple(Priority)
) -> list[Waiting]:
    """Return what waits, in the order of the stages; one look into the index for each stage and priority."""
    found = []
    for stage in stages:
        for priority in priorities:
            row = database.execute(
                """SELECT due_at FROM tasks WHERE state = 'ready' AND stage = ? AND priority = ?
                ORDER BY due_at LIMIT 1""",
                (stage, int(priority)),
            ).fetchone()
            if row is not None:
                found.append(Waiting(stage, priority, row[0]))
    return found


def claim(
    database: sqlite3.Connection, stage: str, priority: Priority, size: int, *, owner: str, now: int
) -> list[Task]:
    """Lease tasks that are due, the oldest nodes first.

    What has failed before is tried in ever smaller company, at last alone: so one bad node does not take others along.
    """
    rows = database.execute(
        """SELECT n, revision, attempts FROM tasks WHERE state = 'ready' AND stage = ? AND priority = ? AND due_at <= ?
        ORDER BY due_at, n LIMIT ?""",
        (stage, int(priority), now, size),
    ).fetchall()
    taken: list[Task] = []
    for n, revision, attempts in rows:
        if taken and (attempts != taken[0].attempts or len(taken) >= max(1, size >> 3 * attempts)):
            break
        taken.append(Task(n, stage, priority, revision, attempts))
    database.executemany(
        "UPDATE tasks SET state = 'leased', owner = ?, due_at = ? WHERE n = ? AND stage = ?",
        ((owner, now + LEASE, task.n, stage) for task in taken),
    )
    return taken


def finish(database: sqlite3.Connection, tasks: Sequence[Task], owner: str) -> list[Task]:
    """Remove tasks that were done; return those that were removed. One that was asked for anew meanwhile stays."""
    rows = database.execute(
        "SELECT n, stage, revision FROM tasks WHERE n IN (SELECT value FROM json_each(?)) AND owner = ?",
        (json.dumps([task.n for task in tasks]), owner),
    )
    held = set(rows)
    finished = [task for task in tasks if (task.n, task.stage, task.revision) in held]
    database.executemany("DELETE FROM tasks WHERE n = ? AND stage = ?", ((task.n, task.stage) for task in finished))
    return finished


def fail(database: sqlite3.Connection, tasks: Iterable[Task], owner: str, reason: str, now: int) -> list[Task]:
    """Note a failure: try again later, or never again after the last attempt. Return those that are dead now."""
    dead = []
    for task in tasks:
        attempts = task.attempts + 1
        state = "dead" if attempts >= MOST_ATTEMPTS else "ready"
        changed = database.execute(
            """UPDATE tasks SET state = ?, attempts = ?, due_at = ?, owner = NULL, error = ?
            WHERE n = ? AND stage = ? AND revision = ? AND owner = ?""",
            (state, attempts, now + delay(attempts), reason, task.n, task.stage, task.revision, owner),
        ).rowcount
        if changed and state == "dead":
            dead.append(task)
    return dead


def revive(database: sqlite3.Connection) -> int:
    """Give tasks that are dead another chance; return how many."""
    return database.execute(
        """UPDATE tasks SET state = 'ready', attempts = 0, due_at = 0, error = NULL
        WHERE error IS NOT NULL AND state = 'dead'"""
    ).rowcount


def delay(attempts: int) -> int:
    """Return how long to wait after so many failures: 1 s, 8 s, about 1 min, 9 min."""
    return min(SECOND << 3 * (attempts - 1), LONGEST_DELAY)


def rest(failures: int) -> int:
    """Return how long a stage rests that has failed so often in a row, so that a broken model burns no task."""
    return min(SECOND << min(failures - 1, 6), LONGEST_REST)


def release(database: sqlite3.Connection, owner: str) -> int:
    """Make ready what an owner has taken; return how many tasks."""
    return database.execute(
        "UPDATE tasks SET state = 'ready', owner = NULL, due_at = 0 WHERE state = 'leased' AND owner = ?", (owner,)
    ).rowcount


def owners(database: sqlite3.Connection) -> list[str]:
    """Return who holds leases."""
    return [owner for (owner,) in database.execute("SELECT DISTINCT owner FROM tasks WHERE state = 'leased'")]


def is_stale(database: sqlite3.Connection, stages: Iterable[str], lives: Callable[[str], bool], now: int) -> bool:
    """Return whether there is something to :func:`recover`."""
    if not all(map(lives, owners(database))):
        return True
    if database.execute(f"SELECT 1 FROM tasks WHERE {ENDED}", (now, now + LEASE)).fetchone():
        return True
    values = [(stage, int(priority), now + LONGEST_DELAY) for stage in stages for priority in Priority]
    return any(database.execute(f"SELECT 1 FROM tasks WHERE {TOO_FAR}", one).fetchone() for one in values)


def recover(database: sqlite3.Connection, stages: Iterable[str], lives: Callable[[str], bool], now: int) -> int:
    """Make ready what owners hold that are dead, or whose lease has ended; return how many tasks.

    A time that is further away than any delay was written before the clock went backwards.
    """
    freed = sum(release(database, owner) for owner in owners(database) if not lives(owner))
    freed += database.execute(
        f"UPDATE tasks SET state = 'ready', owner = NULL, due_at = 0 WHERE {ENDED}", (now, now + LEASE)
    ).rowcount
    for stage in stages:
        for priority in Priority:
            values = (stage, int(priority), now + LONGEST_DELAY)
            freed += database.execute(f"UPDATE tasks SET due_at = 0 WHERE {TOO_FAR}", values).rowcount
    return freed


def hurry(database: sqlite3.Connection, n: int) -> None:
    """Make what waits for a node urgent, and for all that is in it if it is a chat; failures are tried at once."""
    database.execute(f"UPDATE tasks SET priority = 0, due_at = 0 WHERE state = 'ready' AND {WITHIN}", (n, n))


@dataclass(frozen=True, slots=True)
class Left:
    """A task that is not done; ``reason`` is why its last attempt failed."""

    stage: str
    state: str
    priority: Priority
    reason: str | None


def left(database: sqlite3.Connection, n: int) -> list[Left]:
    """Return all that waits for a node, or for what is in it."""
    rows = database.execute(f"SELECT stage, state, priority, error FROM tasks WHERE {WITHIN} ORDER BY stage, n", (n, n))
    return [Left(stage, state, Priority(priority), reason) for stage, state, priority, reason in rows]


def open_stages(database: sqlite3.Connection, stages: Iterable[str]) -> list[str]:
    """Return those stages for which something waits or is worked on; unlike :func:`counts`, at once.

    One statement sees one moment: a task that is taken, or put back, meanwhile is not overlooked.
    """
    rows = database.execute(
        """SELECT value FROM json_each(?) WHERE
        EXISTS (SELECT 1 FROM tasks WHERE state = 'ready' AND priority IN (0, 1, 2, 3) AND stage = value)
        OR EXISTS (SELECT 1 FROM tasks WHERE state = 'leased' AND stage = value) ORDER BY key""",
        (json.dumps(list(stages)),),
    )
    return [stage for (stage,) in rows]


def counts(database: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """Return how many tasks there are, by stage and state."""
    rows = database.execute("SELECT stage, state, count(*) FROM tasks GROUP BY stage, state")
    return {(stage, state): count for stage, state, count in rows}


def failures(database: sqlite3.Connection, limit: int) -> list[tuple[str, str, str, int, str]]:
    """Return (id of the node, stage, state, attempts, reason) of tasks that have failed, those that are dead first."""
    return database.execute(
        """SELECT nodes.id, stage, state, attempts, error FROM tasks JOIN nodes USING (n) WHERE error IS NOT NULL
        ORDER BY state <> 'dead', n, stage LIMIT ?""",
        (limit,),
    ).fetchall()


ENDED = "state = 'leased' AND (due_at <= ? OR due_at > ?)"
TOO_FAR = "state = 'ready' AND stage = ? AND priority = ? AND due_at > ?"
WITHIN = "n IN (SELECT ? UNION ALL SELECT n FROM nodes WHERE chat = ?)"
