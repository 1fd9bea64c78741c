"""One step of the Weaver: take tasks, let their stage work, store what it made and end the tasks in one transaction.

Between taking and storing no lock is held, so a stage may take its time. Results count only for nodes whose text is
still what the stage has read; a task that was asked for anew meanwhile stays. A step that is killed leaves a lease
behind and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from embedded_db.errors import Closed, Conflict, Corrupt, DbError, ReadOnly
from embedded_db.scheduler import Choice
from embedded_db.storage import tasks, woven
from embedded_db.storage.store import Store
from embedded_db.storage.tasks import Priority, Task
from embedded_db.storage.woven import Result, Work
from embedded_db.types import NodeRow
from embedded_db.weaver.modules import Batch, Module
from embedded_db.weaver.owners import lives

log = logging.getLogger("embedded_db.weaver")
Clock = Callable[[], int]
OF_THE_FILE = (Closed, Conflict, Corrupt, ReadOnly)
"""What goes wrong with the file is no stage's failure."""


class Catalogue:
    """The stages of one Weaver, each after what it follows; and what asks for them."""

    def __init__(self, modules: Sequence[Module]) -> None:
        """Raises DbError if two stages have one name, or one follows a stage that there is not."""
        self.modules: dict[str, Module] = {}
        for module in modules:
            if module.name in self.modules:
                raise DbError(f"There are two stages {module.name!r}; give one of them another name.")
            if module.after is not None and module.after not in self.modules:
                raise DbError(f"Stage {module.name!r} follows {module.after!r}, which does not come before it.")
            self.modules[module.name] = module

    def entry(self, type: str) -> list[tuple[str, Priority]]:
        """Return what a text of this type asks for itself; a chat also what is about chats, which checks by itself."""
        return [
            (module.name, max(module.priority, OWN_PRIORITY.get(type, Priority.NORMAL)))
            for module in self.modules.values()
            if module.after is None and (type == "Chat" if module.of_chat else module.wants(type))
        ]

    def of_chat(self, type: str) -> list[tuple[str, Priority]]:
        """Return what a text of this type asks for its chat."""
        return [
            (module.name, module.priority)
            for module in self.modules.values()
            if module.after is None and module.of_chat and module.wants(type)
        ]

    def followers(self, stage: str, node: NodeRow) -> list[tuple[Module, int]]:
        """Return the stages that come next, and of which node: of this one, or of the chat that it is in."""
        chat = node.n if node.type == "Chat" else node.chat
        return [
            (module, n)
            for module in self.modules.values()
            if module.after == stage and (n := chat if module.of_chat else node.n) is not None
            if module.wants(node.type) or (module.of_chat and n == node.n)
        ]


OWN_PRIORITY = {"Message": Priority.URGENT, "Log": Priority.LOW}
"""What was just said in a conversation is wanted first; other types are normal."""


@dataclass(slots=True)
class Progress:
    """What a Weaver has done so far."""

    done: int = 0
    failed: int = 0
    last_event: str | None = None


class Steps:
    """Works off tasks; :meth:`run` is one step. One thread at a time."""

    def __init__(self, store: Store, catalogue: Catalogue, owner: str, clock: Clock) -> None:
        self._store = store
        self._catalogue = catalogue
        self._owner = owner
        self._clock = clock
        self._resting: dict[str, tuple[int, int]] = {}
        self.progress = Progress()

    def waiting(self) -> list[tasks.Waiting]:
        """Return what waits; a stage that just failed rests."""
        with self._store.reading() as database:
            found = tasks.waiting(database, self._catalogue.modules)
        now = self._clock()
        return [
            tasks.Waiting(one.stage, one.priority, max(one.due_at, self._rest_ends(one.stage, now))) for one in found
        ]

    def recover(self) -> int:
        """Take up what the dead have left; return how many tasks."""
        with self._store.reading() as database:
            if not tasks.is_stale(database, self._catalogue.modules, lives, self._clock()):
                return 0
        with self._store.writing() as database:
            return tasks.recover(database, self._catalogue.modules, lives, self._clock())

    def run(self, choice: Choice) -> int:
        """Do one batch; return how many tasks were taken.

        Raises:
            Closed, Conflict, Corrupt, ReadOnly: the file cannot be used; the tasks are ready again as soon as it can.
        """
        module = self._catalogue.modules[choice.stage]
        with self._store.writing() as database:
            tasks.release(database, self._owner)  # what a step could not store when the file was not to be used
            size = min(choice.size, module.largest_batch)
            taken = tasks.claim(database, choice.stage, choice.priority, size, owner=self._owner, now=self._clock())
        self._work(module, taken)
        return len(taken)

    def _work(self, module: Module, taken: Sequence[Task]) -> None:
        rows = self._store.nodes([task.n for task in taken])
        try:
            batch = Batch([rows[task.n] for task in taken if task.n in rows], taken[0].attempts if taken else 0)
            model = module.model  # another may be chosen meanwhile
            self._finish(module, model, taken, rows, list(module.weave(batch)))
        except OF_THE_FILE:
            raise
        except Exception as error:  # noqa: BLE001 - a stage may be anybody's code; what it raises is told by status()
            self._fail(module, taken, error)
            return
        self._resting.pop(module.name, None)
        self.progress.done += len(taken)
        self.progress.last_event = f"{module.name}: {len(taken)} done"

    def _finish(
        self, module: Module, model: str, taken: Sequence[Task], rows: dict[int, NodeRow], results: Iterable[Result]
    ) -> None:
        with self._store.writing() as database:
            fresh = woven.unchanged(database, rows)
            priority = max((task.priority for task in taken), default=Priority.BATCH)
            work = Work(module.name, model, fresh, priority, self._catalogue.entry)
            try:
                again = woven.keep(database, work, results, replace=not module.of_chat)
            except Conflict as error:  # between rows: the lock on the file is held by now
                raise DbError(str(error)) from error
            done = [task for task in taken if task.n in fresh and task.n not in again]
            finished = tasks.finish(database, done, self._owner)
            tasks.release(database, self._owner)  # stale ones, and those with which the stage has to go on
            next_up: dict[tuple[str, Priority], dict[int, None]] = {}
            for task in finished:
                for follower, n in self._catalogue.followers(module.name, fresh[task.n]):
                    next_up.setdefault((follower.name, max(task.priority, follower.priority)), {})[n] = None
            for (stage, soon), numbers in next_up.items():
                tasks.enqueue(database, stage, numbers, soon)

    def _fail(self, module: Module, taken: Sequence[Task], error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        failures = self._resting.get(module.name, (0, 0))[1] + 1
        now = self._clock()
        self._resting[module.name] = (now + tasks.rest(failures), failures)
        with self._store.writing() as database:
            dead = tasks.fail(database, taken, self._owner, reason, now)
        self.progress.failed += len(dead)
        self.progress.last_event = f"{module.name}: failed, {reason}"
        log.warning(
            "stage %s failed with %d nodes, %d of them for good: %s", module.name, len(taken), len(dead), reason
        )

    def _rest_ends(self, stage: str, now: int) -> int:
        """When a stage goes on that has just failed; a time far away was noted before the clock went backwards."""
        until = self._resting.get(stage, (0, 0))[0]
        return until if until <= now + tasks.LONGEST_REST else 0
