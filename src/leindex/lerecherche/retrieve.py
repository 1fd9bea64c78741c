"""Which few hundred symbols could be meant at all?

Three scans that miss different things are united: BM25 over symbols, BM25 over whole files, and cosine over vectors. A
name that is asked for is looked up in the store as well, because in a large project hundreds of symbols may mention it
more often than the one that defines it. What one scan found and the cosine scan did not is given its cosine; a symbol
without the question's words has no lexical score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from leindex.lerecherche.query import Query
from leindex.lerecherche.ranking.candidates import Candidate, FileMatch, Pool
from leindex.types import Embedder, Symbol

LEXICAL_POOL = 300  # beyond this, BM25 differs less than the ranking rules do
SEMANTIC_POOL = 150  # the static model separates the first dozens well and the rest hardly
FILE_POOL = 200  # files scored as a whole: every candidate worth raising stands in one of them
FILES_SHOWN = 20  # of these, the best compete even when none of their symbols does
NAMED_POOL = 30  # definitions of one name; more of them are a list, not an answer


class SymbolSource(Protocol):
    """The part of the store that search reads."""

    def symbols(self, nodes: Sequence[int]) -> list[Symbol]:
        """Return the symbols of these nodes, in the order asked."""

    def find(self, name: str, limit: int = 50) -> list[Symbol]:
        """Return the symbols of this name, best match first."""


class SearchIndex(Protocol):
    """The part of a snapshot that search reads. A match is (node, score, bits): bit i is set where term i occurs."""

    def lexical(self, terms: Sequence[tuple[str, float]], limit: int) -> list[tuple[int, float, int]]:
        """Return symbols by BM25 of weighted terms, best first."""

    def lexical_files(self, terms: Sequence[tuple[str, float]], limit: int) -> list[tuple[int, float, int]]:
        """Return files, by the node of their module, by BM25 of the file as one document, best first."""

    def nearest(self, vector: bytes, limit: int) -> list[tuple[int, float]]:
        """Return nodes by cosine, best first."""

    def similarity(self, vector: bytes, nodes: Sequence[int]) -> list[float]:
        """Return the cosine of each of these nodes."""

    def document_frequency(self, term: str) -> int:
        """Return how many symbols have the term."""

    @property
    def embedder(self) -> str:
        """Name of the model that made the vectors, or empty."""

    @property
    def node_count(self) -> int:
        """Number of symbols."""


def retrieve(query: Query, store: SymbolSource, index: SearchIndex, embedder: Embedder | None) -> Pool:
    """Return every symbol worth ranking, with its lexical and semantic score (0 where it has none)."""
    lexical = {node: (score, bits) for node, score, bits in index.lexical(query.terms, LEXICAL_POOL)}
    files = index.lexical_files(query.terms, FILE_POOL)
    named = _named(query, store)
    semantic = _semantic(query, index, embedder, {*lexical, *named, *(node for node, _, _ in files[:FILES_SHOWN])})
    nodes = sorted(lexical.keys() | semantic.keys())
    modules = [node for node, _, _ in files]
    symbols = store.symbols([*nodes, *modules])
    rarity = _rarity(query, index)
    candidates = [
        Candidate(symbol, score, semantic.get(symbol.node, 0.0), bits)
        for symbol in symbols[: len(nodes)]
        for score, bits in (lexical.get(symbol.node, (0.0, 0)),)
    ]
    return Pool(query, candidates, _files(query, files, symbols[len(nodes) :], rarity), rarity)


def _named(query: Query, store: SymbolSource) -> list[int]:
    """Nodes of the symbols that the question names."""
    return [symbol.node for name in {*query.names, *query.whole} for symbol in store.find(name, NAMED_POOL)]


def _semantic(query: Query, index: SearchIndex, embedder: Embedder | None, others: Iterable[int]) -> dict[int, float]:
    """Cosines of the nearest nodes and of those found otherwise; all 0 where there are no vectors of this embedder."""
    if embedder is None or index.embedder != embedder.name:
        return dict.fromkeys(others, 0.0)
    vector = embedder.embed([query.text])[0]
    if not vector.any():
        return dict.fromkeys(others, 0.0)
    raw = vector.tobytes()
    cosines = dict(index.nearest(raw, SEMANTIC_POOL))
    missing = sorted(set(others) - cosines.keys())
    cosines.update(zip(missing, index.similarity(raw, missing), strict=True))
    return cosines


def _rarity(query: Query, index: SearchIndex) -> dict[str, float]:
    """Inverse document frequency of each word, relative to that of the rarest."""
    nodes = index.node_count
    frequencies = {word: index.document_frequency(word) for word in query.words}
    inverse = {word: math.log1p((nodes - count + 0.5) / (count + 0.5)) for word, count in frequencies.items()}
    rarest = max(inverse.values(), default=0.0)
    return {word: value / rarest for word, value in inverse.items()} if rarest > 0 else {}


def _files(
    query: Query, found: Sequence[tuple[int, float, int]], modules: Sequence[Symbol], rarity: Mapping[str, float]
) -> dict[str, FileMatch]:
    whole = sum(rarity.values()) or 1.0
    matches = {}
    for (_, score, bits), module in zip(found, modules, strict=True):
        covered = sum(rarity.get(term, 0.0) for term in query.terms_of(bits))
        matches[module.file] = FileMatch(score, covered / whole, module.end_line)
    return matches
