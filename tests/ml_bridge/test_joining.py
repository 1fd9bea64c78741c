"""Calls that come together are one batch: in order, within a budget, and nobody pays for another's trouble."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from ml_bridge import Configuration, MLRuntime, StaticEmbedder
from ml_bridge.calls import Call
from ml_bridge.errors import Cancelled, FunctionRaised, TimedOut
from ml_bridge.models.joining import Joiner
from tests.ml_bridge.conftest import eventually


class Model:
    """A model that works as long as the test says, on texts that are numbers, and fails on others."""

    def __init__(self, budget: int = 4096) -> None:
        self.batches: list[list[str]] = []
        self.free = threading.Semaphore(0)
        self.joiner = Joiner(self._run, budget)
        self._threads = ThreadPoolExecutor(16)

    def _run(self, call: Call, texts: list[str]) -> np.ndarray:
        self.batches.append(texts)
        if not self.free.acquire(timeout=call.left()):
            raise call.timed_out()
        call.check()
        if "bad" in texts:
            raise FunctionRaised("bad text", "ValueError", "")
        return np.array([[float(text)] for text in texts])

    def ask(self, *texts: str, limit: float | None = 30) -> tuple[Call, Future[Any]]:
        """Ask, and return when the question has arrived."""
        waiting, batches = len(self.joiner._waiting), len(self.batches)
        call = Call("embed", limit)
        future = self._threads.submit(self.joiner.run, call, list(texts))
        assert eventually(lambda: len(self.joiner._waiting) > waiting or len(self.batches) > batches)
        return call, future

    def work(self, times: int = 1) -> None:
        self.free.release(times)


def told(asked: tuple[Call, Future[Any]]) -> list[float]:
    return [float(row[0]) for row in asked[1].result(20)]


def test_a_lone_call_waits_for_nobody() -> None:
    model = Model()
    asked = model.ask("1", "2")
    model.work()
    assert told(asked) == [1, 2]
    assert model.batches == [["1", "2"]]


def test_calls_that_pile_up_are_one_batch_and_each_gets_its_own() -> None:
    model = Model()
    first, *others = [model.ask(str(number), str(number + 10)) for number in range(5)]
    model.work(2)
    assert told(first) == [0, 10]
    assert [told(asked) for asked in others] == [[1, 11], [2, 12], [3, 13], [4, 14]]
    assert [len(batch) for batch in model.batches] == [2, 8]
    assert (model.joiner.batches, model.joiner.texts) == (2, 10)


def test_a_batch_keeps_to_its_budget_of_tokens_with_padding() -> None:
    model = Model(budget=3 * 12)
    asked = [model.ask("1"), *(model.ask("0" * 39 + str(number)) for number in range(6))]
    model.work(4)
    assert [told(one) for one in asked] == [[1], [0], [1], [2], [3], [4], [5]]
    assert [len(batch) for batch in model.batches] == [1, 3, 3]


def test_one_bad_text_fails_alone() -> None:
    model = Model()
    asked = [model.ask("0"), model.ask("1"), model.ask("bad"), model.ask("3")]
    model.work(10)
    assert [told(asked[index]) for index in (0, 1, 3)] == [[0], [1], [3]]
    with pytest.raises(FunctionRaised, match="bad text"):
        told(asked[2])


def test_who_waits_too_long_leaves_and_the_others_stay() -> None:
    model = Model()
    first, short, patient = model.ask("0"), model.ask("1", limit=0.05), model.ask("2")
    with pytest.raises(TimedOut) as error:
        told(short)
    assert error.value.phase == "queue"
    model.work(2)
    assert (told(first), told(patient)) == ([0], [2])
    assert model.batches == [["0"], ["2"]]


def test_the_deadline_of_who_leads_is_not_that_of_the_others() -> None:
    model = Model()
    first = model.ask("0")
    hasty, patient = model.ask("1", limit=0.5), model.ask("2")
    model.work(1)
    assert told(first) == [0]
    with pytest.raises(TimedOut):
        told(hasty)
    model.work(1)
    assert told(patient) == [2]
    assert model.batches == [["0"], ["1", "2"], ["2"]]


def test_a_call_that_is_given_up_while_it_waits_is_not_run() -> None:
    model = Model()
    first, given_up, last = model.ask("0"), model.ask("1"), model.ask("2")
    given_up[0].cancel()
    with pytest.raises(Cancelled):
        told(given_up)
    model.work(2)
    assert (told(first), told(last)) == ([0], [2])
    assert model.batches == [["0"], ["2"]]


def test_many_threads_get_what_each_asked_for() -> None:
    texts = [f"worker {number} of pool {number % 7}" for number in range(40)]
    exact = StaticEmbedder().embed(texts)
    with MLRuntime(Configuration(workers=1, batch_tokens=64)) as runtime, ThreadPoolExecutor(8) as threads:
        runtime.load_model("static")
        import ml_bridge.models.embedder as embedder

        folder = str(embedder.SHIPPED)
        given = threads.map(lambda text: runtime.call("generate_embedding", {"text": text, "model": folder}), texts)
        assert np.allclose(np.array(list(given)), exact)
        (info, _) = runtime.list_models()
        assert info.texts == 40
        assert info.batches <= 40
