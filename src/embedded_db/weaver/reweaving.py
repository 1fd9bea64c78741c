"""Asks for a stage again, for all that is stored: after a better model, new rules, or damage to what was derived."""

from __future__ import annotations

from embedded_db.errors import DbError
from embedded_db.storage import derived, nodes, tasks, woven
from embedded_db.storage.store import Store
from embedded_db.storage.tasks import Priority
from embedded_db.weaver.modules import Module
from embedded_db.weaver.steps import Catalogue

AT_ONCE = 10_000
"""Nodes of one transaction: others who write wait no longer than for these."""
SUMMARIES_AT_ONCE = 100
ALL, FAILED, WORDS = "all", "failed", "words"


def check_kind(catalogue: Catalogue, kind: str) -> None:
    """Raises DbError if that is nothing to weave again."""
    known = (*catalogue.modules, WORDS, ALL, FAILED)
    if kind not in known:
        raise DbError(f"There is no stage {kind!r}; choose {', '.join(known[:-1])} or {known[-1]}.")


def reweave(store: Store, catalogue: Catalogue, kind: str) -> int:
    """Ask for a stage, for all, or for what was given up; return how many tasks there are to do.

    The words of texts are no stage, as they are written with them; they are read again at once.
    """
    if kind == FAILED:
        with store.writing() as database:
            return tasks.revive(database)
    if kind in (ALL, WORDS):
        with store.writing() as database:
            nodes.index_words_anew(database)
    chosen = [module for module in catalogue.modules.values() if kind in (module.name, ALL)]
    for module in chosen:
        _forget_summaries(store, module.name)
        _forget_notes(store, module)
    return sum(_ask(store, module) for module in chosen if kind != ALL or module.after is None)


def _ask(store: Store, module: Module) -> int:
    count = last = 0
    while True:
        with store.writing() as database:
            wanted = (lambda type: type == "Chat") if module.of_chat else module.wants
            last, numbers = woven.numbers_after(database, last, AT_ONCE, wanted)
            tasks.enqueue(database, module.name, numbers, Priority.BATCH)
        count += len(numbers)
        if not last:
            return count


def _forget_summaries(store: Store, stage: str) -> None:
    """Summaries are made of what has none, so those that a stage has made go first."""
    with store.reading() as database:
        old = woven.summaries(database, stage)
    for start in range(0, len(old), SUMMARIES_AT_ONCE):
        with store.writing() as database:
            there = nodes.by_numbers(database, old[start : start + SUMMARIES_AT_ONCE])
            derived.remove(database, list(there))


def _forget_notes(store: Store, module: Module) -> None:
    """What a stage has noted of its own work in a chat would tell it that there is nothing to do."""
    while module.notes is not None:
        with store.writing() as database:
            if not woven.forget_sources(database, module.notes, AT_ONCE):
                return
