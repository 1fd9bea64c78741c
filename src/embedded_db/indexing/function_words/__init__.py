"""Words that say how a sentence is built and not what it is about: in a question they are no reason to find anything.

Frequency alone does not tell them in chats, where people state and seldom ask: "when" and "did" are rare there. One
file for each language. Which languages a text is in follows from such words themselves: about half of all running text
is common words of its language, and few are those of another (Grefenstette, 1995). So "die" counts as an article in
German and as a verb in English. Words of other languages count by how rare they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

FEWEST = 2
"""Words that tell a language; with fewer it is English, so that "civil war" is no German."""
Lists = Mapping[str, frozenset[str]]
"""Words by code of their language."""


def of(words: Sequence[str]) -> frozenset[str]:
    """Return the function words of the languages that a text, word by word in small letters, is in."""
    return spoken(words, lists(__package__))


def spoken(words: Sequence[str], known: Lists, also: float = 1.0) -> frozenset[str]:
    """Return the words of the languages that a text is in: the first, and those with so much of the share it has."""
    shares = {language: sum(word in common for word in words) for language, common in known.items()}
    least = max(FEWEST, also * max(shares.values()))
    languages = [language for language, share in shares.items() if share >= least] or ["en"]
    return frozenset().union(*(known[language] for language in languages))


@cache
def lists(package: str) -> Lists:
    """Return the lists of a package: one file for each language, called by its code."""
    found = {file.name: file for file in files(package).iterdir() if file.name.endswith(".txt")}
    return {name.removesuffix(".txt"): frozenset(found[name].read_text("utf-8").split()) for name in sorted(found)}
