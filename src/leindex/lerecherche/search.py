"""The search pipeline: understand the question, retrieve candidates, rank them."""

from __future__ import annotations

from leindex.errors import EmptyQuery
from leindex.lerecherche.query import understand
from leindex.lerecherche.ranking import rank
from leindex.lerecherche.retrieve import SearchIndex, SymbolSource, retrieve
from leindex.types import Embedder, SearchHit

DEFAULT_LIMIT = 10


class Searcher:
    """Answers questions about one generation of one project."""

    def __init__(self, store: SymbolSource, index: SearchIndex, embedder: Embedder | None) -> None:
        """Search ``index``, whose nodes ``store`` describes; without an embedder by words alone."""
        self._store = store
        self._index = index
        self._embedder = embedder

    def search(self, query: str, limit: int = DEFAULT_LIMIT) -> list[SearchHit]:
        """Return the symbols that answer a question, best first.

        Raises:
            EmptyQuery: the question has no letter or digit.
        """
        if not any(character.isalnum() for character in query):
            raise EmptyQuery
        understood = understand(query)
        pool = retrieve(understood, self._store, self._index, self._embedder)
        return [
            SearchHit(symbol=candidate.symbol, score=candidate.score, why=candidate.why(understood))
            for candidate in rank(pool, limit)
        ]
