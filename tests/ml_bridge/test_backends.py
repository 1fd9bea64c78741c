"""What the backends ask of the heavy libraries, told by stand-ins where the libraries themselves are not installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ml_bridge.errors import ModelUnavailable
from ml_bridge.models.host import open_model

OPTIONS = {"gpu": False, "gpu_memory_fraction": 0.5, "allow_downloads": False}
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Puts a library of the given names in place, and makes the backends read it anew."""
    monkeypatch.setattr("os.environ", {})
    backends = importlib.import_module("ml_bridge.models.backends")

    def put(name: str, **members: object) -> None:
        library = ModuleType(name)
        library.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, library)
        for backend in ("sentence", "entities", "summaries", "torch_device"):
            monkeypatch.delitem(sys.modules, f"ml_bridge.models.backends.{backend}", raising=False)
            monkeypatch.delattr(backends, backend, raising=False)

    put("torch", cuda=SimpleNamespace(is_available=lambda: False))
    yield put
    for backend in ("sentence", "entities", "summaries", "torch_device"):
        sys.modules.pop(f"ml_bridge.models.backends.{backend}", None)


def sentence_transformers(asked: Asked) -> dict[str, object]:
    class SentenceTransformer:
        def __init__(self, name: str, **options: Any) -> None:
            if name == "damaged":
                raise OSError("no file named model.safetensors\nmore about it")
            asked.append((name, options))

        def encode(self, texts: list[str], **options: Any) -> np.ndarray:
            asked.append(("encode", options))
            return np.ones((len(texts), 384), dtype=np.float32)

    class CrossEncoder:
        def __init__(self, name: str, **options: Any) -> None:
            asked.append((name, options))

        def predict(self, pairs: list[tuple[str, str]], **options: Any) -> np.ndarray:
            asked.append(("predict", options))
            return np.array([len(text) for _, text in pairs], dtype=np.float32)

    return {"SentenceTransformer": SentenceTransformer, "CrossEncoder": CrossEncoder}


@pytest.mark.parametrize(("name", "brings_code"), [("all-MiniLM-L6-v2", False), ("nomic-ai/CodeRankEmbed", True)])
def test_an_embedder_is_opened_offline_and_runs_no_code_of_strangers(
    stand_in: Callable[..., None], name: str, brings_code: bool
) -> None:
    asked: Asked = []
    stand_in("sentence_transformers", **sentence_transformers(asked))
    model: Any = open_model("embedding", name, OPTIONS)
    assert asked[0] == (name, {"device": "cpu", "local_files_only": True, "trust_remote_code": brings_code})
    assert model.description == {"dimensions": 384, "backend": "sentence"}
    assert model(texts=["a", "b"], batch_size=7).shape == (2, 384)
    assert (asked[-1][1]["batch_size"], asked[-1][1]["normalize_embeddings"]) == (7, True)
    assert model(texts=[]).shape == (0, 384)


def test_downloads_are_allowed_if_the_configuration_says_so(stand_in: Callable[..., None]) -> None:
    asked: Asked = []
    stand_in("sentence_transformers", **sentence_transformers(asked))
    open_model("embedding", "all-MiniLM-L6-v2", {**OPTIONS, "allow_downloads": True})
    assert asked[0][1]["local_files_only"] is False
    with pytest.raises(ModelUnavailable, match=r"OSError: no file named model.safetensors\)$"):
        open_model("embedding", "damaged", {**OPTIONS, "allow_downloads": True})
    with pytest.raises(ModelUnavailable, match=r"allow_downloads = true$"):
        open_model("embedding", "damaged", OPTIONS)


def test_a_cross_encoder_scores_pairs(stand_in: Callable[..., None]) -> None:
    asked: Asked = []
    stand_in("sentence_transformers", **sentence_transformers(asked))
    model: Any = open_model("cross-encoder", "scorer", OPTIONS)
    assert model(query="q", texts=["one", "three"], batch_size=2) == [3, 5]
    assert model(query="q", texts=[]) == []
    assert asked[-1] == ("predict", {"batch_size": 2, "show_progress_bar": False})


def test_a_pipeline_gives_entities_with_their_places(stand_in: Callable[..., None]) -> None:
    entity = SimpleNamespace(text="Acme", label_="ORG", start_char=3, end_char=7)
    stand_in("spacy", load=lambda name: lambda text: SimpleNamespace(ents=[entity]))
    model: Any = open_model("ner", "en_core_web_sm", OPTIONS)
    assert model(text="At Acme") == [{"text": "Acme", "label": "ORG", "start": 3, "end": 7}]


class Words:
    """A tokenizer whose tokens are words."""

    model_max_length = 18

    def encode(self, text: str, **_: Any) -> list[str]:
        return text.split()

    def decode(self, words: list[str], **_: Any) -> str:
        return " ".join(words) + " "

    def __call__(self, text: str, **_: Any) -> Any:
        return Given(input_ids=np.array([text.split()]))


class Given(dict[str, Any]):
    def to(self, _: str) -> Given:
        return self


class Shortener:
    """A model that keeps the first words."""

    config = SimpleNamespace(max_position_embeddings=64)
    device = "cpu"
    most = 4
    read: list[int]

    def __init__(self) -> None:
        self.read = []

    def to(self, _: str) -> Shortener:
        return self

    def eval(self) -> Shortener:
        return self

    def generate(self, input_ids: np.ndarray, **options: Any) -> list[list[str]]:
        self.read.append(input_ids.shape[1])
        assert options["min_new_tokens"] <= options["max_new_tokens"] <= 10
        return [list(input_ids[0][: self.most])]


def test_a_summarizer_reads_a_long_text_in_parts_until_it_is_short(stand_in: Callable[..., None]) -> None:
    shortener = Shortener()
    stand_in(
        "transformers",
        AutoTokenizer=SimpleNamespace(from_pretrained=lambda name, **options: Words()),
        AutoModelForSeq2SeqLM=SimpleNamespace(from_pretrained=lambda name, **options: shortener),
    )
    model: Any = open_model("summarizer", "bart", OPTIONS)
    text = "The pool is open today. " * 4 + "word " * 25
    assert model(text=text) == "The pool is open"
    assert max(shortener.read) <= 10, "never more than it can read"
    first_round = shortener.read[:5]
    assert sum(first_round) == len(text.split()), "and nothing is cut off"


def test_a_long_text_is_split_between_sentences_and_nothing_is_lost(stand_in: Callable[..., None]) -> None:
    stand_in("transformers", AutoTokenizer=None, AutoModelForSeq2SeqLM=None)
    split = importlib.import_module("ml_bridge.models.backends.summaries").split

    def count(text: str) -> int:
        return len(text.split())

    text = "One two three. Four five. " + "six " * 30 + ". Seven."
    parts = split(text, 10, count)
    assert " ".join(parts).split() == text.split()
    assert all(count(part) <= 10 for part in parts)
    assert parts[0] == "One two three. Four five."
