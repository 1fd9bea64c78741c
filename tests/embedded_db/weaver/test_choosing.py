"""A file goes on with the models that it was woven with, whoever opens it, and takes up what was left in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded_db import EmbeddedDB
from embedded_db.ml import STATIC_NAME
from ml_bridge import Configuration, MLRuntime
from ml_bridge.errors import ModelUnavailable
from tests.tidy.house import ROOT

TEXT = "the database is slow today"


class Runtime(MLRuntime):
    """One in which every model there may be is installed, and all make vectors of three numbers."""

    def call(self, name: str, arguments: dict[str, Any], **others: Any) -> Any:
        if name != "embed_texts":
            return super().call(name, arguments, **others)
        return {"embeddings": [[1.0, 2.0, len(text)] for text in arguments["texts"]]}


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime(Configuration(workers=1)) as made:
        yield made


def models_of(db: EmbeddedDB) -> dict[str, int]:
    """How many vectors there are by model, once all is woven."""
    db.drain_weaver(30)
    return db.stats()["embeddings"]


def rewoven(path: Path, runtime: MLRuntime, model: str) -> None:
    """A file with one message, woven anew with a model."""
    with EmbeddedDB(path, runtime=runtime) as db:
        db.create_message("chat", TEXT)
        assert models_of(db) == {STATIC_NAME: 1}
        db.reweave("embed", model)
        assert models_of(db) == {model: 1}


def test_a_file_that_was_rewoven_with_another_model_keeps_it(tmp_path: Path, runtime: Runtime) -> None:
    rewoven(tmp_path / "memory.db", runtime, "mine")
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime) as db:
        assert db.embedding_model == "mine"
        db.create_message("chat", "another word")
        assert models_of(db) == {"mine": 2}
        assert db.query(semantic_query={"text": TEXT, "mode": "semantic"})
        db.reweave("embed", "static")
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime) as db:
        assert models_of(db) == {STATIC_NAME: 2}


def test_a_model_that_is_named_counts_while_the_file_is_open_and_is_kept_when_it_is_rewoven(
    tmp_path: Path, runtime: Runtime
) -> None:
    rewoven(tmp_path / "memory.db", runtime, "mine")
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime, embedding_model="yours") as db:
        assert db.embedding_model == "yours"
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime) as db:
        assert db.embedding_model == "mine"
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime, embedding_model="yours") as db:
        db.reweave()
        assert models_of(db) == {"yours": 1}
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime) as db:
        assert db.embedding_model == "yours"


def test_a_new_file_keeps_the_model_with_which_it_is_made(tmp_path: Path, runtime: Runtime) -> None:
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime, embedding_model="mine") as db:
        db.create_message("chat", TEXT)
        assert models_of(db) == {"mine": 1}
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime) as db:
        assert db.embedding_model == "mine"


def test_who_has_the_file_open_already_goes_on_with_the_new_model(tmp_path: Path, runtime: Runtime) -> None:
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime) as early:
        early.create_message("chat", TEXT)
        assert models_of(early) == {STATIC_NAME: 1}
        with EmbeddedDB(tmp_path / "memory.db", runtime=runtime, weave=False) as late:
            late.reweave("embed", "mine")
        assert models_of(early) == {"mine": 1}
        assert early.embedding_model == "mine"


def test_a_choice_that_is_undone_is_not_kept(tmp_path: Path, runtime: Runtime) -> None:
    with EmbeddedDB(tmp_path / "memory.db", runtime=runtime) as db:
        db.create_message("chat", TEXT)
        with pytest.raises(ZeroDivisionError), db.transaction():
            db.reweave("embed", "mine")
            raise ZeroDivisionError
        assert models_of(db) == {STATIC_NAME: 1}
        assert db.embedding_model == STATIC_NAME


def test_a_file_whose_model_is_not_installed_opens_and_reads_and_tells_what_is_missing(
    tmp_path: Path, runtime: Runtime
) -> None:
    rewoven(tmp_path / "memory.db", runtime, "mine")
    with MLRuntime(Configuration(workers=1)) as bare, EmbeddedDB(tmp_path / "memory.db", runtime=bare) as db:
        (chat,) = db.chats()
        assert [message.content for message in chat.messages()] == [TEXT]
        assert db.query(semantic_query={"text": "database", "mode": "words"})
        with pytest.raises(ModelUnavailable, match="mine"):
            db.query(semantic_query={"text": "database"})
    with EmbeddedDB(tmp_path / "memory.db", embedding_model="static") as db:
        db.reweave("embed")
        assert models_of(db) == {STATIC_NAME: 1}


LEFT = """
import os, sys
from embedded_db import EmbeddedDB
db = EmbeddedDB(sys.argv[1], weave=False)
db.create_message("chat", "the database is slow today")
os._exit(1)
"""


def test_what_a_process_that_died_has_left_is_woven_without_a_write(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    subprocess.run([sys.executable, "-c", LEFT, path], cwd=ROOT, check=False, timeout=60)
    with EmbeddedDB(path, weave=False) as db:
        (message,) = db.chats()[0].messages()
        assert db.get_embedding_for_node(message.id) is None
    with EmbeddedDB(path) as db:
        found = db.get_embedding_for_node(message.id)
        for _ in range(200):
            if found is None:
                db.weaver._signal.wait_for_step(0.05)
                found = db.get_embedding_for_node(message.id)
        assert found is not None


def test_who_opens_a_file_in_which_nothing_is_left_starts_no_thread(tmp_path: Path) -> None:
    with EmbeddedDB(tmp_path / "memory.db") as db:
        db.create_message("chat", TEXT)
        db.drain_weaver(30)
    with EmbeddedDB(tmp_path / "memory.db") as db:
        assert db.weaver._thread is None
    with EmbeddedDB(tmp_path / "new.db", embedding_model="mine") as db:
        assert db.weaver._thread is None
