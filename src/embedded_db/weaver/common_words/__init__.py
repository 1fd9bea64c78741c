"""Words that say nothing about what a text is about: function words, and what people say in any conversation.

One file for each language, with what is not among its function words already. In a large database, words of other
languages count by how many chats they are said in.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from embedded_db.indexing import function_words
from embedded_db.indexing.function_words import Lists, lists, spoken

ALSO = 2 / 3
"""In a chat, a language that has so much of the share that the first one has is spoken as well."""


def of(words: Sequence[str]) -> frozenset[str]:
    """Return the common words of the languages that some running text, word by word in small letters, is in."""
    return spoken(words, languages(), ALSO)


@cache
def languages() -> Lists:
    """Return common words by code of their language."""
    built = lists(function_words.__package__)
    return {language: said | built.get(language, frozenset()) for language, said in lists(__package__).items()}
