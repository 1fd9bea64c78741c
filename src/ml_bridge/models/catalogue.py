"""Which backend opens a model: by its type, and by what its name or folder looks like.

A folder with ``model.onnx`` and ``tokenizer.json`` is run by onnxruntime, which takes a tenth of torch's memory; any
other folder that sentence-transformers or transformers has written by that library; a name that is no folder is one
of the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ml_bridge.errors import InputInvalid, ModelUnavailable

ModelType = Literal["embedding", "cross-encoder", "ner", "summarizer"]
STATIC = "static"
"""Name of the embedding model that ships with the package."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A file of ``backends`` with the class in it, and the extra that installs what it imports."""

    module: str
    name: str
    extra: str | None


STATIC_TABLE = Backend("static", "StaticTable", None)
ONNX = Backend("onnx", "OnnxEmbedder", "onnx")
BY_TYPE: dict[ModelType, Backend] = {
    "embedding": Backend("sentence", "SentenceEmbedder", "ml"),
    "cross-encoder": Backend("sentence", "PairScorer", "ml"),
    "ner": Backend("entities", "SpacyEntities", "ml"),
    "summarizer": Backend("summaries", "Summarizer", "ml"),
}


def checked_type(name: str) -> ModelType:
    """Return the type, or raise InputInvalid with those there are."""
    for known in BY_TYPE:
        if known == name:
            return known
    raise InputInvalid(f"{name!r} is no type of model; there are {', '.join(get_args(ModelType))}", "type")


def backend(kind: ModelType, name: str) -> Backend:
    """Return who opens the model.

    Raises:
        ModelUnavailable: the name is a path, and there is no model.
    """
    folder = Path(name).expanduser()
    if kind != "embedding":
        return BY_TYPE[kind]
    if name == STATIC:
        return STATIC_TABLE
    if not folder.is_dir():
        if folder.is_absolute() or name.startswith((".", "~")):
            raise ModelUnavailable(f"there is no model in {folder}: no such folder")
        return BY_TYPE[kind]
    if (folder / "tokenizer.json").is_file() and onnx_file(folder) is not None:
        return ONNX
    if (folder / "modules.json").is_file() or (folder / "config.json").is_file():
        return BY_TYPE[kind]
    if (folder / "model.safetensors").is_file() and (folder / "vocab.txt").is_file():
        return STATIC_TABLE
    raise ModelUnavailable(
        f"there is no model in {folder}: it needs model.onnx and tokenizer.json, or modules.json as "
        "sentence-transformers writes it, or model.safetensors and vocab.txt of a static model"
    )


def onnx_file(folder: Path) -> Path | None:
    """The network of a folder, where exporters put it."""
    found = (folder / name for name in ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "model_int8.onnx"))
    return next((file for file in found if file.is_file()), None)
