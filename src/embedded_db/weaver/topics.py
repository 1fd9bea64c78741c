"""The topic of a chat that has none: words of its messages that stand near all of them and belong to this chat.

Candidates are words and pairs of words that are repeated, but not the names of those who talk. The vector of the whole
says which are near its middle (KeyBERT, 2020), and the full text which are said in every chat, and so say little of
this one. A topic that the user gave is never touched.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from typing import Any

from embedded_db.drafts import digest
from embedded_db.ml import Models
from embedded_db.storage import nodes, scans
from embedded_db.storage.tasks import Priority
from embedded_db.storage.woven import Field, Result
from embedded_db.types import NodeRow
from embedded_db.weaver import common_words
from embedded_db.weaver.modules import Batch, Module

PARTS = 3
CANDIDATES = 100
FEWEST, MOST = 5, 400
"""Messages that a chat must have to be about something, and of a long one how many of the newest are read."""
READ = 2_000  # characters of a message
PAIR = 1.2
"""How much more two words say than one."""
WOVEN = "woven_topic"
"""Key of the chat's metadata that says which topic was woven, of what; another topic than that is the user's."""
WORD = re.compile(r"[^\W\d_][\w'-]+")
NAME = re.compile(r"\w+")
SHORTEST = 3  # characters of a word


class Topics(Module):
    """Stage ``topic``, about chats."""

    name = "topic"
    after = "summarise"
    of_chat = True
    notes = WOVEN
    priority = Priority.LOW
    largest_batch = 8

    def __init__(self, store: Any, models: Models) -> None:
        self._store = store
        self._models = models

    @property
    def model(self) -> str:
        """The model whose vectors say what is near."""
        return self._models.embedding_model

    def weave(self, batch: Batch) -> Iterable[Result]:
        """Return the topics of chats in which enough was said and that have none of the user's."""
        return [result for chat in batch.nodes if not _is_given(chat) for result in self._topic(chat)]

    def _topic(self, chat: NodeRow) -> list[Result]:
        with self._store.reading() as database:
            messages = [row for row in nodes.of_chat(database, chat.n, "Message", MOST) if row.content.strip()]
            summaries = [row.content for row in nodes.of_chat(database, chat.n, "Summary")]
        if len(messages) < FEWEST:
            return []
        texts = [row.content[:READ] for row in messages]
        source = digest("\n".join(summaries or texts)).hex()  # one that goes on gets another when it is summed up
        told = chat.metadata.get(WOVEN) or {}
        if chat.properties.get("topic") and (told.get("model"), told.get("source_hash")) == (self.model, source):
            return []
        names = {name for row in messages for name in NAME.findall((row.sender or "").lower())}
        topic = ", ".join(self._keywords(texts, names))
        made = {"text": topic, "model": self.model, "source_hash": source}
        return [Field(chat.n, "topic", topic), Field(chat.n, WOVEN, made)] if topic else []

    def _keywords(self, texts: Sequence[str], names: Set[str]) -> list[str]:
        counts = candidates(texts, names)
        if not counts:
            return []
        terms = sorted(counts, key=lambda term: (-counts[term], term))[:CANDIDATES]
        vectors = self._models.embed(["\n".join(texts), *terms])
        near: dict[str, float] = dict(zip(terms, (vectors[1:] @ vectors[0]).tolist(), strict=True))
        with self._store.reading() as database:
            everywhere = {term: scans.frequency(database, term) for term in terms}

        def weight(term: str) -> float:
            own = min(counts[term] / max(everywhere[term], 1), 1.0)
            return near[term] * (1 + math.log(counts[term])) * math.sqrt(own) * (PAIR if " " in term else 1.0)

        chosen: list[str] = []
        for term in sorted(terms, key=lambda term: (-round(weight(term), 6), term)):
            if not any(set(term.split()) & set(other.split()) for other in chosen):
                chosen.append(term)
        return chosen[:PARTS]


def candidates(texts: Iterable[str], names: Set[str]) -> Counter[str]:
    """Return words and pairs of words that say something, with how often; only repeated ones if there are any.

    What a name begins with is taken for it: "mel" for Melanie.
    """
    lines = [WORD.findall(line) for line in "\n".join(texts).lower().replace("’", "'").splitlines()]
    common = common_words.of([part for line in lines for word in line for part in word.split("'")])
    counts: Counter[str] = Counter()
    for line in lines:
        before = ""
        for whole in line:
            word = _bare(whole, common)
            says_nothing = len(word) < SHORTEST or "'" in word or word in common
            said = "" if says_nothing or any(name.startswith(word) for name in names) else word
            if said:
                counts[said] += 1
                if before:
                    counts[f"{before} {said}"] += 1
            before = said
    repeated = Counter({term: count for term, count in counts.items() if count > 1})
    return repeated or counts


def _bare(word: str, common: Set[str]) -> str:
    """A word without what leans on it: "Ann's", "l'équipe"."""
    before, _, after = word.removesuffix("'s").partition("'")
    return after if after and before in common else word.removesuffix("'s")


def _is_given(chat: NodeRow) -> bool:
    topic = chat.properties.get("topic")
    woven = chat.metadata.get(WOVEN)
    return topic is not None and topic != (woven or {}).get("text")
