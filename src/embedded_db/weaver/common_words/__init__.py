"""Words that say nothing about what a text is about: function words, and what people say in any conversation.

One file for each language. Which languages a text is in follows from the words themselves: about half of all running
text is such words of its language, and few are those of another (Grefenstette, 1995). So "die" counts as an article in
German and as a verb in English. In a large database, words of other languages count by how many chats they are said in.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from embedded_db.indexing.function_words import FUNCTION_WORDS

ALSO = 2 / 3
"""A language that has so much of the share that the first one has is spoken as well."""


def of(words: Sequence[str]) -> frozenset[str]:
    """Return the common words of the languages that some running text, word by word in small letters, is in."""
    shares = {language: sum(word in common for word in words) for language, common in languages().items()}
    least = max(shares.values()) * ALSO
    return frozenset().union(*(common for language, common in languages().items() if shares[language] >= least))


@cache
def languages() -> dict[str, frozenset[str]]:
    """Return common words by code of their language."""
    lists = {
        file.name.removesuffix(".txt"): file for file in files(__package__).iterdir() if file.name.endswith(".txt")
    }
    said = {language: frozenset(file.read_text("utf-8").split()) for language, file in sorted(lists.items())}
    return {**said, "en": said["en"] | FUNCTION_WORDS}
