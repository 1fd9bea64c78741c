"""One score out of two: how well the words match, and how near the meaning is.

Both are taken relative to the best of the pool, because BM25 has no upper bound and cosines of a static model crowd
together. The mix depends on the question: a name is matched, a description is interpreted.
"""

from __future__ import annotations

from leindex.lerecherche.ranking.candidates import WORDS, Pool
from leindex.lerecherche.ranking.weights import MEANING_SHARE


def fuse(pool: Pool) -> None:
    """Give every candidate its first score, between 0 and 1."""
    share = MEANING_SHARE[pool.query.shape] if pool.best_semantic > 0 else 0.0
    for candidate in pool.candidates:
        if candidate.lexical > 0:
            candidate.add((1 - share) * candidate.lexical / pool.best_lexical, WORDS)
        if candidate.semantic > 0 and share > 0:
            candidate.add(share * candidate.semantic / pool.best_semantic, f"meaning {candidate.semantic:.2f}")
