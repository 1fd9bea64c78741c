"""What search takes from the engine; the only module of this package that knows it."""

from __future__ import annotations

from functools import lru_cache

from leindex_rust import split_identifier
from leindex_rust import terms as _terms

__all__ = ["parts", "split_identifier", "terms"]

# Names repeat between candidates and between questions; a cache of this size is a few megabytes.
_REMEMBERED_NAMES = 20_000


def terms(text: str) -> list[str]:
    """Return the distinct index terms of a question, its empty words left out."""
    return _terms(text, stop_words=True)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def parts(name: str) -> tuple[str, ...]:
    """Return the index terms of the words inside a name, without that of the whole: ``LineParsers`` is line, parser."""
    return tuple(_terms(" ".join(split_identifier(name)), stop_words=False))
