"""The models behind the stages, as they are: light ones at once, heavier ones by name, hanging ones killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embedded_db import EmbeddedDB
from embedded_db.errors import DbError
from embedded_db.ml import LONGEST_READ, SHORT, STATIC_NAME, Models, entities_of_texts, summaries_of_texts
from ml_bridge import Configuration, MLRuntime, StaticEmbedder
from ml_bridge.errors import ModelUnavailable, TimedOut

PARIS = "Alice met Bob in Paris"


@pytest.fixture(scope="module")
def runtime() -> Iterator[MLRuntime]:
    with MLRuntime(Configuration(workers=1)) as made:
        yield made


def test_a_message_is_enriched_as_the_specification_says() -> None:
    """The specification sleeps for half a second; a test waits for what it wants to see."""
    with EmbeddedDB(":memory:") as db:
        message = db.create_message(chat_id="chat_1", content=PARIS)
        db.wait_enriched(message)
        embedding = db.get_embedding_for_node(message.id)
        assert embedding is not None
        assert len(embedding.vector) == 256
        entities = db.get_entities_mentioned_in(message.id)
        assert len(entities) >= 3
        assert any(entity.label == "Paris" for entity in entities)


def test_the_name_of_the_shipped_vectors_is_known_without_opening_them() -> None:
    assert StaticEmbedder().name == STATIC_NAME == Models().embedding_model


def test_vectors_are_those_of_the_shipped_model(runtime: MLRuntime) -> None:
    vectors = Models(runtime).embed([PARIS, ""])
    assert vectors.dtype == np.float32 and vectors.shape == (2, 256)
    assert not vectors[1].any()


def test_only_the_beginning_of_a_huge_text_is_read(runtime: MLRuntime) -> None:
    huge = "x " * LONGEST_READ + PARIS
    assert (Models(runtime).embed([huge]) == Models(runtime).embed(["x " * (LONGEST_READ // 2)])).all()
    assert Models(runtime).entities([huge]) == [[]]


def test_long_texts_are_read_in_a_worker_and_short_ones_here_with_the_same_result() -> None:
    with MLRuntime(Configuration(workers=1)) as runtime:
        models = Models(runtime)
        (short,) = models.entities([PARIS])
        assert runtime.stats().workers == {}, "no worker was needed"
        many = models.entities([PARIS] * SHORT)
        assert len(runtime.stats().workers) == 1
    assert many == [short] * SHORT
    assert [(one.text, one.label, one.start, one.end) for one in short] == [
        ("Alice", "PERSON", 0, 5), ("Bob", "PERSON", 10, 13), ("Paris", "GPE", 17, 22),
    ]  # fmt: skip
    assert entities_of_texts([PARIS])[0][2]["text"] == "Paris"


def test_a_summary_is_made_of_what_was_said(runtime: MLRuntime) -> None:
    said = [f"Ann: The database is slow, number {one}." for one in range(20)]
    text = Models(runtime).summarise(said)
    assert text == " ".join([said[0], *(line.removeprefix("Ann: ") for line in said[1:3])]), "who speaks is told once"
    assert Models(runtime).summarise_each([said, said[:1]]) == summaries_of_texts(["\n".join(said), said[0]])


def test_heavier_models_are_asked_by_name_and_leave_their_folders_name(tmp_path: Path, runtime: MLRuntime) -> None:
    models = Models(runtime, embedding=str(tmp_path / "my-model"), entities="en_none", summaries=str(tmp_path / "bart"))
    assert (models.embedding_model, models.entity_model, models.summary_model) == ("my-model", "en_none", "bart")
    for ask in (models.embed, models.entities, models.summarise):
        with pytest.raises(ModelUnavailable):
            ask([PARIS])


def test_a_model_can_be_chosen_for_a_stage_that_has_one() -> None:
    models = Models()
    for stage in ("embed", "entities", "summarise"):
        models.use(stage, "another")
    assert {models.embedding_model, models.entity_model, models.summary_model} == {"another"}
    with pytest.raises(DbError, match="embed, entities and summarise"):
        models.use("link", "another")


def hang(texts: list[str]) -> list[str]:
    """A function that takes longer than anybody waits."""
    time.sleep(600)
    return texts


def test_a_model_that_hangs_is_killed_and_nobody_else_waits_for_it(
    tmp_path: Path, runtime: MLRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded_db.ml.ENTITIES_SECONDS", 1.0)
    hung = threading.Event()
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime) as db:
        light = db.models._light

        def asked(function: object, parameter: str, values: list[str], seconds: float) -> list[object]:
            hung.set()
            return light(hang, parameter, values, seconds)

        monkeypatch.setattr(db.models, "_light", asked)
        message = db.create_message("chat_1", PARIS + " and so on" * SHORT)
        assert hung.wait(20)
        written = db.create_message("chat_1", "The next one")
        assert db.get_node(written.id).content == "The next one"
        while not (failures := db.weaver_status()["failures"]):
            time.sleep(0.01)
        assert failures[0]["node_id"] == message.id and TimedOut.__name__ in failures[0]["reason"]
        assert db.get_embedding_for_node(message.id) is not None, "its vector does not depend on its entities"
