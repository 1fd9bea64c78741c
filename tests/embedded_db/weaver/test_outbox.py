"""The outbox: nothing is lost, nothing is done twice, and what fails waits longer each time until it is given up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from embedded_db.scheduler import SECOND
from embedded_db.storage import tasks, woven
from embedded_db.storage.tasks import LEASE, MOST_ATTEMPTS, Priority, Task
from tests.embedded_db.weaver.world import World

NOW = 1_000 * SECOND
ME, OTHER = "me", "other"


@pytest.fixture
def world() -> Iterator[World]:
    """Five messages with a vector to be made, and nothing else to do."""
    made = World()
    made.store.entry_stages = lambda type: [("embed", Priority.NORMAL)] if type == "Message" else []
    made.store.chat_stages = lambda type: []
    made.say(*"abcde")
    yield made
    made.close()


def claim(world: World, size: int = 10, owner: str = ME, now: int = NOW) -> list[Task]:
    with world.store.writing() as database:
        return tasks.claim(database, "embed", Priority.NORMAL, size, owner=owner, now=now)


def fail(world: World, taken: list[Task], now: int = NOW, owner: str = ME) -> list[Task]:
    with world.store.writing() as database:
        return tasks.fail(database, taken, owner, "ValueError: no", now)


def finish(world: World, taken: list[Task], owner: str = ME) -> list[Task]:
    with world.store.writing() as database:
        return tasks.finish(database, taken, owner)


def states(world: World) -> list[str]:
    return [state for _, _, state in world.queued()]


def test_a_task_that_is_taken_is_not_taken_again(world: World) -> None:
    assert len(claim(world, 3)) == 3
    assert len(claim(world, owner=OTHER)) == 2
    assert states(world) == ["leased"] * 5


def test_the_oldest_nodes_are_taken_first(world: World) -> None:
    numbers = [task.n for task in claim(world, 2)]
    assert numbers == sorted(numbers)
    assert numbers[-1] < claim(world, 1)[0].n


def test_a_finished_task_is_gone(world: World) -> None:
    taken = claim(world, 2)
    assert finish(world, taken) == taken
    assert len(states(world)) == 3


def test_a_task_that_was_asked_for_again_is_not_finished_by_who_took_it_before(world: World) -> None:
    taken = claim(world, 1)
    with world.store.writing() as database:
        tasks.enqueue(database, "embed", [taken[0].n], Priority.NORMAL)
    assert finish(world, taken) == []
    assert states(world) == ["ready"] * 5


def test_asking_again_for_what_nobody_has_begun_writes_nothing(world: World) -> None:
    before = world.rows("SELECT * FROM tasks")
    with world.store.writing() as database:
        written = database.total_changes
        tasks.enqueue(database, "embed", [row[0] for row in before], Priority.NORMAL)
        assert database.total_changes == written
        tasks.enqueue(database, "embed", [before[0][0]], Priority.URGENT)
    assert world.rows("SELECT priority, count(*) FROM tasks GROUP BY 1") == [(0, 1), (1, 4)]


def test_asking_again_for_what_has_failed_begins_anew(world: World) -> None:
    taken = claim(world, 1)
    fail(world, taken)
    with world.store.writing() as database:
        tasks.enqueue(database, "embed", [taken[0].n], Priority.NORMAL)
    assert world.rows("SELECT DISTINCT attempts, due_at, error FROM tasks") == [(0, 0, None)]


def test_asking_again_never_makes_a_task_less_urgent(world: World) -> None:
    taken = claim(world, 1)[0]
    with world.store.writing() as database:
        tasks.enqueue(database, "embed", [taken.n], Priority.BATCH)
    assert world.rows("SELECT DISTINCT priority FROM tasks") == [(1,)]


def test_a_failure_is_tried_again_later_and_later(world: World) -> None:
    waits = []
    now = NOW
    while True:
        taken = claim(world, now=now)
        failing = [task for task in taken if task.n == taken[0].n]
        finish(world, taken[1:])
        if fail(world, failing, now):
            break
        (due_at,) = world.rows("SELECT due_at FROM tasks")[0]
        assert claim(world, now=due_at - 1) == [], "not before it is due"
        waits.append((due_at - now) // SECOND)
        now = due_at
    assert waits == [1, 8, 64, 512]


def test_after_the_last_attempt_it_is_dead_with_its_reason(world: World) -> None:
    now = NOW
    for _ in range(MOST_ATTEMPTS):
        fail(world, claim(world, 1, now=now)[:1], now)
        now += 3600 * SECOND
        finish(world, list(claim(world, 9, now=0)))
    with world.store.reading() as database:
        ((_, stage, state, attempts, reason),) = tasks.failures(database, 10)
    assert (state, stage, attempts, reason) == ("dead", "embed", MOST_ATTEMPTS, "ValueError: no")
    assert claim(world, now=now) == []


def test_what_has_failed_is_tried_in_ever_smaller_company_so_that_one_bad_node_ends_alone(world: World) -> None:
    world.say(*(f"text {number}" for number in range(59)))
    sizes = []
    now = NOW
    while taken := claim(world, 64, now=now):
        sizes.append(len(taken))
        fail(world, taken, now)
        if len(sizes) > 1:
            finish(world, claim(world, 64, now=now))
        now += 3600 * SECOND
    assert sizes[:2] == [64, 8]
    assert 1 in sizes


def test_the_work_of_a_dead_owner_is_taken_up(world: World) -> None:
    claim(world)
    with world.store.writing() as database:
        assert not tasks.is_stale(database, ["embed"], lambda owner: True, NOW)
        assert tasks.is_stale(database, ["embed"], lambda owner: False, NOW)
        assert tasks.recover(database, ["embed"], lambda owner: False, NOW) == 5
    assert states(world) == ["ready"] * 5


def test_a_lease_ends_even_if_its_owner_may_live(world: World) -> None:
    claim(world)
    with world.store.writing() as database:
        assert tasks.recover(database, ["embed"], lambda owner: True, NOW + LEASE - 1) == 0
        assert tasks.is_stale(database, ["embed"], lambda owner: True, NOW + LEASE)
        assert tasks.recover(database, ["embed"], lambda owner: True, NOW + LEASE) == 5


def test_a_clock_that_goes_backwards_holds_up_neither_leases_nor_retries(world: World) -> None:
    fail(world, claim(world, 2), NOW + 10 * 86_400 * SECOND)
    claim(world, 2, now=NOW + 10 * 86_400 * SECOND)
    with world.store.writing() as database:
        assert tasks.is_stale(database, ["embed"], lambda owner: True, NOW)
        assert tasks.recover(database, ["embed"], lambda owner: True, NOW) == 4
    assert sum(len(claim(world)) for _ in range(5)) == 5


def test_who_lost_the_lease_can_no_longer_fail_or_finish_the_task(world: World) -> None:
    lost = claim(world, 1)
    with world.store.writing() as database:
        tasks.release(database, ME)
    claim(world, 1, owner=OTHER)
    assert finish(world, lost) == []
    assert fail(world, lost) == []
    assert world.rows("SELECT attempts FROM tasks WHERE n = ?", lost[0].n) == [(0,)]


def test_a_look_for_work_costs_the_same_however_much_waits(world: World) -> None:
    """So a write with ten thousand tasks in the queue is as fast as with none."""
    seen: list[str] = []
    with world.store.reading() as database:
        database.set_trace_callback(seen.append)
        tasks.waiting(database, ["embed", "link"])
        tasks.open_stages(database, ["embed", "link"])
        database.set_trace_callback(None)
        plans = [row[3] for sql in seen for row in database.execute(f"EXPLAIN QUERY PLAN {sql}")]
    touched = [plan for plan in plans if "tasks" in plan]
    assert len(touched) >= 10
    assert all(plan.startswith("SEARCH") or plan.endswith("tasks_leased") for plan in touched), touched


def test_what_a_chat_has_to_sum_up_is_found_without_looking_at_what_was_summed_up(world: World) -> None:
    seen: list[str] = []
    with world.store.reading() as database:
        database.set_trace_callback(seen.append)
        woven.unsummarised(database, 1, 20)
        database.set_trace_callback(None)
        plans = [row[3] for sql in seen for row in database.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert plans[0] == "SEARCH nodes USING INDEX nodes_unsummarised (chat=?)"
    assert not any("TEMP B-TREE" in plan for plan in plans), plans
