"""What the database asks of models, in batches: vectors, entities, summaries; all of it by `ml_bridge`.

The light forms need no download and no setting: the static table of vectors, which is so fast that it runs in this
process, rules for entities, which go to a worker that can be killed unless the text is short, and extracted sentences,
which always do. A folder or name of a heavier model takes the place of any of them; then its process does the work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedded_db.errors import DbError
from ml_bridge import StaticEmbedder

if TYPE_CHECKING:
    from ml_bridge import MLRuntime

STATIC, RULES, EXTRACTIVE = "static", "rules", "extractive"
LIGHT = {"embed": STATIC, "entities": RULES, "summarise": EXTRACTIVE}
"""The stages that have a model, and which one if none was chosen."""
STATIC_NAME = "leindex-static-minilm-256-v1"
"""Name and version of the shipped vectors: known without opening them."""
LONGEST_READ = 100_000
"""Characters of a text that are read for its vector and its entities."""
SHORT = 2_000
"""Characters that are read by rules in this process, where nothing can end it: no text so short takes long."""
SENTENCES = 3
EMBED_SECONDS, ENTITIES_SECONDS, SUMMARY_SECONDS = 60.0, 30.0, 120.0


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a text names; ``start`` and ``end`` count characters."""

    text: str
    label: str
    start: int
    end: int


class Models:
    """The models of one database. Safe for threads; nothing is loaded or started before it is needed.

    What somebody named for this handle counts before what was chosen for the file.

    Raises:
        MlBridgeError: from every method that asks a model, in its kinds: it is missing, takes too long, has died.
    """

    def __init__(
        self,
        runtime: MLRuntime | None = None,
        embedding: str | None = None,
        entities: str | None = None,
        summaries: str | None = None,
    ) -> None:
        self._runtime = runtime
        given = {"embed": embedding, "entities": entities, "summarise": summaries}
        self.named = {stage: model for stage, model in given.items() if model}
        self._chosen: Mapping[str, str] = {}
        self._static = StaticEmbedder()

    @cached_property
    def runtime(self) -> MLRuntime:
        """Where the work is done that does not run in this process."""
        from ml_bridge import MLRuntime  # noqa: PLC0415 - whoever only embeds by the light model does not pay for it

        return self._runtime or MLRuntime.default()

    @property
    def embedding_model(self) -> str:
        """Name under which vectors are stored: that of the shipped model with its version, or of a model's folder."""
        return STATIC_NAME if self.of("embed") == STATIC else _name(self.of("embed"))

    @property
    def entity_model(self) -> str:
        """Name that mentions carry."""
        return _name(self.of("entities"))

    @property
    def summary_model(self) -> str:
        """Name that summaries carry."""
        return _name(self.of("summarise"))

    def of(self, stage: str) -> str:
        """Return name or folder of the model of a stage."""
        return self.named.get(stage) or self._chosen.get(stage) or LIGHT[stage]

    def follow(self, chosen: Mapping[str, str]) -> None:
        """Take the models that were chosen for the file from now on, where none is named."""
        self._chosen = chosen

    def use(self, stage: str, model: str) -> None:
        """Take another model for the file from now on, whatever was named before. Raises DbError for another stage."""
        if stage not in LIGHT:
            raise DbError(f"No model can be chosen for {stage!r}; it can for embed, entities and summarise.")
        self._chosen = {**self._chosen, stage: model}
        self.named.pop(stage, None)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (texts, dimensions); zeros for one without a word that is known."""
        read = [text[:LONGEST_READ] for text in texts]
        model = self.of("embed")
        if model == STATIC:
            return self._static.embed(read)
        told = self.runtime.call("embed_texts", {"texts": read, "model": model}, timeout=EMBED_SECONDS)
        return np.asarray(told["embeddings"], dtype=np.float32)

    def entities(self, texts: Sequence[str]) -> list[list[Mention]]:
        """Return what each text names, in order; the light form takes one round trip for all texts."""
        read = [text[:LONGEST_READ] for text in texts]
        model = self.of("entities")
        if model == RULES and sum(map(len, read)) <= SHORT:
            found = entities_of_texts(read)
        elif model == RULES:
            found = self._light(entities_of_texts, "texts", read, ENTITIES_SECONDS)
        else:
            asked = ({"text": text, "model": model} for text in read)
            found = list(self.runtime.map("extract_entities", asked, timeout=ENTITIES_SECONDS))
        return [[Mention(one["text"], one["label"], one["start"], one["end"]) for one in each] for each in found]

    def summarise(self, messages: Sequence[str]) -> str:
        """Return in short what messages say."""
        return self.summarise_each([messages])[0]

    def summarise_each(self, windows: Sequence[Sequence[str]]) -> list[str]:
        """Return a summary of each run of messages; the light form takes one round trip for all."""
        joined = ["\n".join(messages) for messages in windows]
        model = self.of("summarise")
        if model == EXTRACTIVE:
            found = self._light(summaries_of_texts, "texts", joined, SUMMARY_SECONDS)
        else:
            asked = ({"messages": text, "model": model} for text in joined)
            found = list(self.runtime.map("summarize", asked, timeout=SUMMARY_SECONDS))
        return [str(text) for text in found]

    def _light(self, function: Any, parameter: str, values: list[str], seconds: float) -> list[Any]:
        name = f"embedded_db_{function.__name__}"
        if name not in {known.name for known in self.runtime.list_functions()}:
            self.runtime.register(function, name=name)
        found: list[Any] = self.runtime.call(name, {parameter: values}, timeout=seconds)
        return found


def entities_of_texts(texts: list[str]) -> list[list[dict[str, Any]]]:
    """The entities of each text by rules."""
    from ml_bridge.builtin.entities import extract  # noqa: PLC0415 - mostly a worker's business

    return [extract(text) for text in texts]


def summaries_of_texts(texts: list[str]) -> list[str]:
    """The most central sentences of each text; runs in a worker."""
    from ml_bridge.builtin.summaries import summary  # noqa: PLC0415 - the worker's business

    return [summary(text, SENTENCES) for text in texts]


def _name(model: str) -> str:
    """A model's folder can lie elsewhere tomorrow; its own name is what counts."""
    return Path(model).name if Path(model).is_absolute() else model
