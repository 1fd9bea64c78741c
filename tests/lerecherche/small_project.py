"""A project of a few symbols with a store and an index over them, small enough to see why a result stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leindex.lerecherche.native import terms
from leindex.types import Symbol


def symbol(node: int, file: str, name: str, kind: str = "function", *, flags: int = 0, signature: str = "") -> Symbol:
    return Symbol(
        id=f"{file}::{name}", node=node, name=name, qualified_name=name, kind=kind, language="python", file=file,
        start_line=10 * node + 1, end_line=10 * node + 9, start_byte=0, end_byte=0, signature_start=0, signature_end=0,
        doc_start=0, doc_end=0, signature=signature, summary="", visibility="public", complexity=1, parent=None,
        file_flags=flags,
    )  # fmt: skip


@dataclass
class SmallProject:
    """Symbols with their texts. Scores are counts of the question's terms, so a test can work them out by hand."""

    texts: dict[str, str]
    """``file::name`` or ``file::name:kind`` -> what the symbol says."""
    flags: dict[str, int] = field(default_factory=dict)
    """File flags by file."""
    asked: list[str] = field(default_factory=list)
    """Which methods were called, in order."""
    embedder: str = ""

    def __post_init__(self) -> None:
        self.all: list[Symbol] = []
        for key in self.texts:
            file, _, rest = key.partition("::")
            name, _, kind = rest.partition(":")
            self.all.append(symbol(len(self.all), file, name, kind or "function", flags=self.flags.get(file, 0)))
        self.node_count = len(self.all)

    def _terms(self, node: int) -> list[str]:
        one = self.all[node]
        text = list(self.texts.values())[node]
        return [term for word in f"{one.name} {text}".split() for term in terms(word)]

    def symbols(self, nodes: Sequence[int]) -> list[Symbol]:
        self.asked.append("symbols")
        return [self.all[node] for node in nodes]

    def find(self, name: str, limit: int = 50) -> list[Symbol]:
        self.asked.append(f"find {name}")
        return [one for one in self.all if one.name.lower() == name.rpartition(".")[2].lower()][:limit]

    def lexical(self, terms: Sequence[tuple[str, float]], limit: int) -> list[tuple[int, float, int]]:
        return self._best({one.node: self._terms(one.node) for one in self.all}, terms, limit)

    def lexical_files(self, terms: Sequence[tuple[str, float]], limit: int) -> list[tuple[int, float, int]]:
        first: dict[str, int] = {}
        texts: dict[int, list[str]] = {}
        for one in self.all:
            texts.setdefault(first.setdefault(one.file, one.node), []).extend(self._terms(one.node))
        return self._best(texts, terms, limit)

    def _best(
        self, texts: dict[int, list[str]], terms: Sequence[tuple[str, float]], limit: int
    ) -> list[tuple[int, float, int]]:
        found = []
        for node, words in texts.items():
            score = sum(weight * words.count(term) for term, weight in terms)
            bits = sum(1 << place for place, (term, _) in enumerate(terms) if term in words)
            if score:
                found.append((node, score, bits))
        return sorted(found, key=lambda match: (-match[1], match[0]))[:limit]

    def nearest(self, vector: bytes, limit: int) -> list[tuple[int, float]]:
        self.asked.append("nearest")
        return []

    def similarity(self, vector: bytes, nodes: Sequence[int]) -> list[float]:
        return [0.0] * len(nodes)

    def document_frequency(self, term: str) -> int:
        return sum(term in self._terms(one.node) for one in self.all)
