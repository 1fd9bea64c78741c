"""Named entities by a spaCy pipeline."""

from __future__ import annotations

from typing import Any

import spacy


class SpacyEntities:
    """A pipeline such as ``en_core_web_sm``, by package or folder."""

    dimensions = None

    def __init__(self, name: str, **_: Any) -> None:
        self._pipeline = spacy.load(name)

    def __call__(self, text: str) -> list[dict[str, Any]]:
        """Return the entities in order; offsets count characters."""
        found = self._pipeline(text).ents
        return [{"text": one.text, "label": one.label_, "start": one.start_char, "end": one.end_char} for one in found]
