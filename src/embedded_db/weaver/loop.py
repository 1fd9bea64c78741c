"""The Weaver: a thread beside the user that works off the outbox, as fast as the scheduler allows.

It sleeps until something is written, takes one step after the other (:mod:`embedded_db.weaver.steps`), and lets the
user's own calls go first. It can be paused, waited for and emptied; what it cannot do shows in its status.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from embedded_db import drafts
from embedded_db.errors import Closed, Corrupt, DbError, NotEnriched
from embedded_db.ml import Models
from embedded_db.scheduler import AWAITED, PACES, Activity, ActivityLevel, Pace, choose, until_due
from embedded_db.storage import tasks
from embedded_db.storage.store import Store
from embedded_db.storage.tasks import Priority
from embedded_db.weaver import choosing
from embedded_db.weaver.embedding import Embedding
from embedded_db.weaver.entities import Entities
from embedded_db.weaver.linking import Linking, Nearest
from embedded_db.weaver.modules import Module
from embedded_db.weaver.owners import new_owner, retire
from embedded_db.weaver.reweaving import check_kind, reweave
from embedded_db.weaver.steps import Catalogue, Steps
from embedded_db.weaver.summaries import Summaries
from embedded_db.weaver.topics import Topics

log = logging.getLogger("embedded_db.weaver")
LOOK_AGAIN = 5.0
"""Seconds after which a Weaver with nothing to do looks for what others have left."""
QUIET, LONGEST_QUIET = 0.015, 0.25
"""Seconds of silence for which a tick waits while the user is busy, and how long it waits at most."""
GLANCE = 0.05
CLOSING = 5.0
SHOWN_FAILURES = 10


def default_modules(store: Store, indexes: Nearest, models: Models) -> list[Module]:
    """Return the stages that every Weaver has, in the order in which they run."""
    return [
        Embedding(models),
        Entities(models),
        Linking(store, indexes, models),
        Summaries(store, models),
        Topics(store, models),
    ]


class Weaver:
    """Enriches what is stored. Safe for threads; its own thread starts with the first :meth:`wake`.

    ``modules`` are stages of the user's own, after those that there always are. ``clock`` gives microseconds.
    """

    def __init__(
        self,
        store: Store,
        indexes: Nearest,
        models: Models,
        clock: Callable[[], int] = drafts.now,
        modules: Sequence[Module] = (),
    ) -> None:
        self._store = store
        self._models = models
        self._clock = clock
        self._catalogue = Catalogue([*default_modules(store, indexes, models), *modules])
        self._owner = new_owner()
        self._steps = Steps(store, self._catalogue, self._owner, clock)
        self._turn, self._turn_holder = threading.Lock(), 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._signal = Signal()
        self._paused = False
        self._draining = 0
        self._awaited = 0
        self._last_call = 0.0
        self._looked = -LOOK_AGAIN
        self.activity = Activity(clock)

    # What the store asks

    def entry_stages(self, type: str) -> Sequence[tuple[str, Priority]]:
        """Return what a new or changed text asks for, as tasks of its node."""
        return self._catalogue.entry(type)

    def chat_stages(self, type: str) -> Sequence[tuple[str, Priority]]:
        """Return what a new or changed text asks for, as tasks of its chat."""
        return self._catalogue.of_chat(type)

    def committed(self) -> None:
        """Something was written; if it was not the Weaver, the user is busy and there may be work."""
        if not self._turn_is_mine():
            self.touch()
            self.wake()

    # What users ask

    def begin(self, paused: bool = False) -> None:
        """Take the models with which the file is woven, and take up what was left in it, unless ``paused``."""
        choosing.begin(self._store, self._models)
        self._paused = paused
        if not paused and self._open_stages():
            self.wake()

    def touch(self) -> None:
        """The user has called."""
        self.activity.touch()
        self._last_call = time.monotonic()

    def wake(self) -> None:
        """Look for work; the thread starts if it has not."""
        if self._paused or self._signal.closed.is_set():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._start()
        self._signal.wake()

    def pause(self) -> None:
        """Stop after the step that is under way, until :meth:`resume`; nothing that waits is lost."""
        self._paused = True

    def resume(self) -> None:
        """Go on after :meth:`pause`."""
        self._paused = False
        self.wake()

    def wait(self, n: int, timeout: float = 30.0) -> None:
        """Wait until all stages are finished with a node, and with all that is in it if it is a chat; it goes first.

        Raises:
            NotEnriched: a stage has given up, the Weaver is paused, or ``timeout`` seconds have passed.
        """
        end = time.monotonic() + timeout
        with self._while_asked("_awaited"):
            self._hurry(n)
            while open_stages := self._left(n):
                self._sleep_until(end, open_stages)

    def drain(self, timeout: float | None = None) -> None:
        """Work off all that waits, whatever its priority and however busy the user is.

        Raises:
            NotEnriched: the Weaver is paused, or ``timeout`` seconds have passed.
        """
        end = time.monotonic() + (threading.TIMEOUT_MAX if timeout is None else timeout)
        with self._while_asked("_draining"):
            while open_stages := self._open_stages():
                self._sleep_until(end, open_stages)

    def reweave(self, kind: str = "all", model: str | None = None) -> int:
        """Do a stage again for everything, with another model if one is named, as batch work; return how many tasks.

        "all" is every stage; "failed" is only what was given up, whatever its stage. The file keeps the models.

        Raises:
            DbError: there is no such stage, or no model can be chosen for it.
        """
        check_kind(self._catalogue, kind)
        choosing.choose(self._store, self._models, kind, model)
        count = reweave(self._store, self._catalogue, kind)
        self.wake()
        return count

    def status(self) -> dict[str, Any]:
        """Return what goes on; see the reference for the keys."""
        with self._store.reading() as database:
            active = len(tasks.owners(database))
            failures = tasks.failures(database, SHOWN_FAILURES)
            counts = tasks.counts(database)
        pending: dict[str, int] = {}
        failed: dict[str, int] = {}
        for (stage, state), count in counts.items():
            kept = failed if state == "dead" else pending
            kept[stage] = kept.get(stage, 0) + count
        return {
            "active_workers": active,
            "queue_size": sum(pending.values()),
            "last_event": self._steps.progress.last_event,
            "activity_level": str(self.activity.level),
            "paused": self._paused,
            "pending": pending,
            "failed": failed,
            "failures": [
                {"node_id": id, "stage": stage, "given_up": state == "dead", "attempts": attempts, "reason": reason}
                for id, stage, state, attempts, reason in failures
            ],
        }

    def run_once(self, budget: int = 1_000_000) -> int:
        """Take one step in this thread, if the scheduler allows one; return how many tasks were taken."""
        return self._step(budget)[0]

    def close(self) -> None:
        """Stop, and give back what was taken; twice is harmless. A stage that hangs is left behind."""
        self._signal.close()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSING)
        retire(self._owner)
        try:
            with self._store.reading() as database:
                held = self._owner in tasks.owners(database)
            if held:
                with self._store.writing() as database:
                    tasks.release(database, self._owner)
        except DbError as error:
            log.debug("leases end by themselves: %s", error)

    # The thread

    def _start(self) -> None:
        self._thread = threading.Thread(
            target=_run, args=(weakref.ref(self), self._signal), name="embedded_db-weaver", daemon=True
        )
        self._thread.start()

    def _tick(self) -> float:
        """One step at most; return how many seconds to sleep, or a negative number to sleep until woken."""
        try:
            if self._pace().batch == 1:
                self._let_calls_go_first()
            took, due = self._step(1_000_000)
        except (Closed, Corrupt):
            raise
        except DbError as error:
            self._steps.progress.last_event = f"waiting for the file: {error}"
            log.warning("the file cannot be used for now: %s", error)
            return LOOK_AGAIN
        if took:
            return self._pace().pause
        return -LOOK_AGAIN if due is None else -min(LOOK_AGAIN, due / 1_000_000 + 0.001)

    def _step(self, budget: int) -> tuple[int, int | None]:
        """Take one step; return how many tasks, and if none, microseconds until there is something to do."""
        if self._paused:
            return 0, None
        with self._turn:
            self._turn_holder = threading.get_ident()
            try:
                self._recover()
                choosing.follow(self._store, self._models)
                pace, queue, now = self._pace(), self._steps.waiting(), self._clock()
                choice = choose(pace, queue, now, budget)
                if choice is None:
                    return 0, until_due(pace, queue, now)
                return self._steps.run(choice), None
            finally:
                self._turn_holder = 0
                self._signal.stepped()

    def _recover(self) -> None:
        moment = time.monotonic()
        if moment - self._looked >= LOOK_AGAIN:
            self._looked = moment
            self._steps.recover()

    def _let_calls_go_first(self) -> None:
        end = time.monotonic() + LONGEST_QUIET
        while (silent := time.monotonic() - self._last_call) < QUIET and time.monotonic() < end:
            self._signal.closed.wait(QUIET - silent)

    def _turn_is_mine(self) -> bool:
        return self._turn_holder == threading.get_ident()

    def _pace(self) -> Pace:
        if self._draining:
            return PACES[ActivityLevel.SLEEP]
        return AWAITED if self._awaited else PACES[self.activity.level]

    # Waiting for it

    @contextmanager
    def _while_asked(self, counter: str) -> Iterator[None]:
        with self._lock:
            setattr(self, counter, getattr(self, counter) + 1)
        try:
            self.wake()
            yield
        finally:
            with self._lock:
                setattr(self, counter, getattr(self, counter) - 1)

    def _hurry(self, n: int) -> None:
        with self._store.reading() as database:
            waits = bool(tasks.left(database, n))
        if waits:
            with self._store.writing() as database:
                tasks.hurry(database, n)
            self._signal.wake()

    def _left(self, n: int) -> tuple[str, ...]:
        with self._store.reading() as database:
            found = [one for one in tasks.left(database, n) if one.stage in self._catalogue.modules]
        for one in found:
            if one.state == "dead":
                raise NotEnriched(
                    f"{one.stage} has given up ({one.reason}); reweave('failed') tries again.", (one.stage,)
                )
        if any(one.state == "ready" and one.priority > Priority.URGENT for one in found):
            self._hurry(n)  # what follows from a stage that is finished now
        return tuple(dict.fromkeys(one.stage for one in found))

    def _sleep_until(self, end: float, open_stages: tuple[str, ...]) -> None:
        stages = ", ".join(open_stages)
        if self._store.connections.in_transaction:
            raise NotEnriched("Nothing is woven of a transaction that is open; wait when it is over.", open_stages)
        if self._paused:
            raise NotEnriched(f"The Weaver is paused, with {stages} left; resume it.", open_stages)
        if self._signal.closed.is_set():
            raise Closed("The Weaver was closed; open the database again.")
        if time.monotonic() >= end:
            raise NotEnriched(
                f"{stages} not finished in the time given; wait longer, or see weaver_status().", open_stages
            )
        self._signal.wait_for_step(min(GLANCE, max(0.0, end - time.monotonic())))

    def _open_stages(self) -> tuple[str, ...]:
        with self._store.reading() as database:
            return tuple(tasks.open_stages(database, self._catalogue.modules))


class Signal:
    """What the thread and those who wait for it tell each other; outlives the Weaver, so that the thread can end."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self._woken = threading.Event()
        self._stepped = threading.Condition()

    def wake(self) -> None:
        """There may be work."""
        self._woken.set()

    def close(self) -> None:
        """There is no more work to do."""
        self.closed.set()
        self._woken.set()

    def sleep(self, seconds: float) -> None:
        """Sleep so long; a negative number, until woken but no longer than that."""
        if seconds >= 0:
            self.closed.wait(seconds)
        else:
            self._woken.wait(-seconds)
        self._woken.clear()

    def stepped(self) -> None:
        """A step is done."""
        with self._stepped:
            self._stepped.notify_all()

    def wait_for_step(self, seconds: float) -> None:
        """Wait for the end of a step, or so long."""
        with self._stepped:
            self._stepped.wait(seconds)


def _run(weaver: weakref.ref[Weaver], signal: Signal) -> None:
    """Tick until the Weaver is closed or nobody holds it any more."""
    while not signal.closed.is_set():
        living = weaver()
        if living is None:
            return
        try:
            pause = living._tick()
        except Closed:
            return
        except Corrupt as error:
            living._steps.progress.last_event = f"stopped: {error}"
            log.error("the Weaver stops: %s", error)
            return
        del living
        signal.sleep(pause)
