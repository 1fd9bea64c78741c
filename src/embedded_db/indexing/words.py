"""Which nodes have which words, and how much that says: BM25 over the full text, within a budget.

SQLite's own ranking looks at every node of every word; a question's common words would cost milliseconds. Here rare
words come first, and words are left out once a budget of nodes is spent: they would hardly change an order. The nodes
of a word stay in memory, and later ones are added when the word is asked for again.
"""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedded_db.indexing import function_words
from embedded_db.indexing.coded import Numbers
from embedded_db.storage import scans
from embedded_db.storage.connections import Database

BUDGET = 5_000
"""Nodes that the words of one query may have together; the rarest word always counts."""
KEPT_WORDS = 4_096
K1, B = 0.9, 0.4  # BM25: how fast repetition and length stop to matter; for short passages (Anserini's defaults)
WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 64


@dataclass(slots=True)
class Postings:
    """The nodes of a word that were there up to a number."""

    frequency: int
    numbers: Numbers | None = None
    upto: int = 0


Rated = tuple[tuple[str, int], ...]
"""Words, each with the number of nodes that it stands in."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 knows of the whole: the chosen words, how many texts there are, and how long they are on average.

    The pages of one query share it, so that a node's score does not move while others write.
    """

    words: Rated
    count: int
    average: float
    last: int
    """The highest number that there was."""


class Words:
    """The nodes of words, kept while they are asked for. Safe for threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Postings] = OrderedDict()
        self._lock = threading.Lock()

    def added(self, changed: bool) -> None:
        """Say that nodes were added, or also changed or removed: then everything is read again."""
        with self._lock:
            if changed:
                self._kept.clear()
            for kept in self._kept.values():
                kept.frequency = -1

    def chosen(self, database: Database, text: str, last: int) -> tuple[Rated, tuple[str, ...]]:
        """Return the words of a text that are worth looking at, rarest first, with the number of their nodes.

        Also those that are so common that they are left out.
        """
        asked = list(dict.fromkeys(word.lower() for word in WORD.findall(text)))[:MOST_WORDS]
        built = function_words.of(asked)
        words = [word for word in asked if word not in built] or asked
        chosen: list[tuple[str, int]] = []
        left: list[str] = []
        spent = 0
        with self._lock:
            for frequency, word in sorted((self._frequency(database, word, last), word) for word in words):
                if frequency and (not chosen or spent + frequency <= BUDGET):
                    spent += frequency
                    chosen.append((word, frequency))
                elif frequency:
                    left.append(word)
        return tuple(chosen), tuple(left)

    def numbers(self, database: Database, words: Iterable[str], last: int) -> list[Numbers]:
        """Return the nodes of each word, up to ``last``."""
        with self._lock:
            return [self._numbers(database, word, last) for word in words]

    def _frequency(self, database: Database, word: str, last: int) -> int:
        kept = self._postings(word)
        if kept.frequency < 0:
            known = kept.numbers is not None
            kept.frequency = len(self._numbers(database, word, last)) if known else scans.frequency(database, word)
        return kept.frequency

    def _numbers(self, database: Database, word: str, last: int) -> Numbers:
        kept = self._postings(word)
        if kept.numbers is None or kept.upto < last:
            listed = scans.postings(database, word, kept.upto)
            new = np.fromstring(listed, np.uint32, sep=",") if listed else np.empty(0, np.uint32)
            kept.numbers = new if kept.numbers is None else np.concatenate((kept.numbers, new))
            kept.upto = max(last, int(new[-1]) if new.size else 0)
        return kept.numbers

    def _postings(self, word: str) -> Postings:
        kept = self._kept.get(word)
        if kept is None:
            kept = self._kept[word] = Postings(-1)
            if len(self._kept) > KEPT_WORDS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(word)
        return kept


def scores(
    statistics: Statistics, postings: Sequence[Numbers], length: NDArray[np.uint32]
) -> tuple[Numbers, NDArray[np.float32]]:
    """Return the nodes that have any of the words, ascending, and for each a score in [0, 1).

    It is BM25 as a share of what a short node with all the words would have. ``postings`` are the nodes of each word,
    or those of them that matter.
    """
    if not postings:
        return np.empty(0, np.uint32), np.empty(0, np.float32)
    count = max(statistics.count, *(frequency for _, frequency in statistics.words))
    weights = [math.log1p((count - frequency + 0.5) / (frequency + 0.5)) for _, frequency in statistics.words]
    every = np.concatenate(postings)
    if not len(every):
        return every, np.empty(0, np.float32)
    weight = np.repeat(np.array(weights), [len(numbers) for numbers in postings])
    order = every.argsort(kind="stable")  # each word's nodes are in order already, which this makes use of
    every = every[order]
    firsts = np.flatnonzero(np.concatenate(([True], every[1:] != every[:-1])))
    numbers, worth = every[firsts], np.add.reduceat(weight[order], firsts)
    damped = (K1 + 1) / (1 + K1 * (1 - B + B * length[numbers] / max(statistics.average, 1.0)))
    best = sum(weights) * (K1 + 1) / (1 + K1 * (1 - B))
    return numbers, (worth * damped / (best * (1 + 1e-6))).astype(np.float32)
