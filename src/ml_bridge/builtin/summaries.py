"""A summary made of a text's own sentences: those that are most like the others (LexRank, Erkan and Radev, 2004).

Sentences are the nodes of a graph, the cosine of their tf-idf vectors is how strongly two are linked, and the
stationary distribution of a walk on it says which stand in the middle. The walk prefers sentences that tell much
(biased LexRank, Otterbacher and others, 2005), or "That's great!" would be the middle of every conversation. The best
are given in the order of the text, with who said them where lines begin with that.
"""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=[^\sa-z])|\n+")
ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|etc|e\.g|i\.e|cf|No|Fig|Inc|Ltd|Co|[A-Z])\.$")
WORD = re.compile(r"\w+")
DAMPING = 0.85
WEAKEST = 0.1
"""Less alike than this is not alike: the threshold of the paper."""
MOST_SENTENCES = 2000
"""A longer text is taken evenly from its whole length: the graph has the square of this in links."""
ROUNDS = 100
SPEAKER = re.compile(r"([^\s:][^:\n]{0,60}):\s+")
"""What a line of a conversation begins with."""
AGAIN, SAME = 0.5, 1 - 1e-9
"""A sentence so much like one that was chosen says little new, or nothing."""


def summary(text: str, sentences: int) -> str:
    """The most central sentences of a text, in its order; the whole text if it has no more."""
    found = spoken(text)
    if len(found) > MOST_SENTENCES:
        found = [found[int(index)] for index in np.linspace(0, len(found) - 1, MOST_SENTENCES)]
    if len(found) > sentences:
        found = [found[index] for index in sorted(_chosen([sentence for _, sentence in found], sentences))]
    told, last = [], ""
    for who, sentence in found:
        told.append(f"{who}: {sentence}" if who and who != last else sentence)
        last = who
    return " ".join(told)


def _chosen(found: list[str], sentences: int) -> list[int]:
    cosines, worth = similarities(found), told_by(found)
    scores = centrality(cosines, worth) * worth
    best = sorted(range(len(found)), key=lambda index: (-round(float(scores[index]), 12), index))
    chosen: list[int] = []
    for alike in (AGAIN, SAME):  # what says much the same only where there is nothing else
        for index in best:
            if len(chosen) < sentences and all(cosines[index, other] < alike for other in chosen):
                chosen.append(index)
    return chosen


def spoken(text: str) -> list[tuple[str, str]]:
    """The sentences of a text, each with who said it: what more than one line begins with, up to a colon, or nobody."""
    lines = [(SPEAKER.match(line), line) for line in text.splitlines()]
    often = Counter(match.group(1) for match, _ in lines if match)
    found: list[tuple[str, str]] = []
    for match, line in lines:
        who = match.group(1) if match and often[match.group(1)] > 1 else ""
        found += [(who, sentence) for sentence in split(line[match.end() :] if match and who else line)]
    return found


def split(text: str) -> list[str]:
    """The sentences of a text; lines end them as well."""
    found: list[str] = []
    open_ended = False
    for piece in filter(None, (piece.strip() for piece in END.split(text))):
        if open_ended:
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
        open_ended = ABBREVIATION.search(piece) is not None
    return found


def words(sentences: list[str]) -> tuple[list[Counter[str]], Counter[str]]:
    """The words of each sentence, and how many sentences have each word."""
    counts = [Counter(WORD.findall(sentence.casefold())) for sentence in sentences]
    return counts, Counter(word for count in counts for word in count)


def told_by(sentences: list[str]) -> NDArray[np.float64]:
    """How much each sentence tells, from 0 to 1: the information in its words, beside twice that of an average one."""
    counts, holding = words(sentences)
    told = np.array([sum(math.log(len(sentences) / holding[word]) for word in count) for count in counts])
    share: NDArray[np.float64] = told / (told + 2 * told.mean()) if told.any() else np.ones(len(sentences))
    return share


def similarities(sentences: list[str]) -> NDArray[np.float64]:
    """The cosine of each two sentences' tf-idf vectors."""
    counts, holding = words(sentences)
    columns = {word: column for column, word in enumerate(sorted(holding))}
    cosines = np.zeros((len(sentences), len(sentences)))
    rows: list[dict[int, float]] = []
    for count in counts:
        row = {columns[word]: n * math.log(1 + len(sentences) / holding[word]) for word, n in count.items()}
        length = math.sqrt(sum(weight * weight for weight in row.values())) or 1.0
        rows.append({column: weight / length for column, weight in row.items()})
    holders: dict[int, list[tuple[int, float]]] = {}
    for index, row in enumerate(rows):
        for column, weight in row.items():
            holders.setdefault(column, []).append((index, weight))
    for held in holders.values():
        where = np.array([index for index, _ in held])
        weights = np.array([weight for _, weight in held])
        cosines[np.ix_(where, where)] += np.outer(weights, weights)
    return cosines


def centrality(cosines: NDArray[np.float64], worth: NDArray[np.float64]) -> NDArray[np.float64]:
    """How central each sentence is, where the walk prefers those of more worth; they add up to one."""
    links = np.where(cosines >= WEAKEST, cosines, 0.0) * worth
    np.fill_diagonal(links, 0.0)  # or a sentence that nothing is like would keep its share by itself
    steps = links / np.maximum(links.sum(axis=1, keepdims=True), 1e-12)
    start: NDArray[np.float64] = worth / worth.sum()
    scores = start
    for _ in range(ROUNDS):
        following = (1 - DAMPING) * start + DAMPING * (scores @ steps)
        if np.abs(following - scores).sum() < 1e-9:
            break
        scores = following
    shares: NDArray[np.float64] = scores / scores.sum()
    return shares
