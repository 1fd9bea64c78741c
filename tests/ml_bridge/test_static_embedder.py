"""The embedder that ships: what its vectors say, and what it says when it cannot be used."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from leindex.types import Embedder
from ml_bridge import ModelUnavailable, StaticEmbedder
from ml_bridge.models.embedder import SHIPPED


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder()


def test_vectors_have_unit_length_and_an_unknown_text_is_zeros(embedder: Embedder) -> None:
    vectors = embedder.embed(["connection pool", "how are sockets reused?", "", "…"])
    assert vectors.shape == (4, embedder.dimensions) == (4, 256)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0, 0], abs=1e-5)


def test_no_texts_give_no_vectors(embedder: StaticEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 256)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("connection pool", "reuse of open sockets", "json parser"),
        ("delete a folder", "remove directory", "compress image"),
        ("encryption key", "password hashing cipher", "draw a button"),
        ("schedule tasks", "timer queue", "unicode strings"),
        ("authentication", "login with password", "matrix multiplication"),
    ],
)
def test_what_is_about_the_same_thing_lies_nearer(embedder: StaticEmbedder, text: str, near: str, far: str) -> None:
    one, same, other = embedder.embed([text, near, far])
    assert one @ same > one @ other


def test_an_identifier_means_what_its_words_mean(embedder: StaticEmbedder) -> None:
    styles = embedder.embed(["getHTTPResponse", "get_http_response", "get http response", "Response.GET_HTTP"])
    assert np.allclose(styles, styles[0], atol=1e-6)


def test_many_texts_give_what_each_gives_alone(embedder: StaticEmbedder) -> None:
    texts = [f"worker {number} of the pool" for number in range(700)]
    together = embedder.embed(texts)
    assert np.array_equal(together[699], embedder.embed(texts[699:])[0])


def test_the_name_tells_model_and_version(embedder: StaticEmbedder) -> None:
    assert embedder.name == "leindex-static-minilm-256-v1"


def test_importing_the_package_opens_nothing_and_leaves_numpy_alone() -> None:
    code = "import sys, ml_bridge; ml_bridge.StaticEmbedder(); print('numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_a_missing_model_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"cannot read .* check the setting") as told:
        _ = StaticEmbedder(tmp_path / "nowhere").dimensions
    assert "nowhere" in str(told.value)


def test_a_damaged_model_says_how_to_make_it_again(tmp_path: Path) -> None:
    for file in ("model.safetensors", "vocab.txt"):
        shutil.copy(SHIPPED / file, tmp_path / file)
    with (tmp_path / "model.safetensors").open("r+b") as model:
        model.truncate(100_000)
    with pytest.raises(ModelUnavailable, match="distil_static_model"):
        StaticEmbedder(tmp_path).embed(["pool"])


def test_the_licence_of_the_weights_is_beside_them() -> None:
    assert "Apache License, Version 2.0" in (SHIPPED / "NOTICE").read_text(encoding="utf-8")
