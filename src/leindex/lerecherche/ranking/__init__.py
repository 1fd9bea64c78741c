"""From a pool of candidates to the ten results, best first.

Four steps, each a module: `fusion` makes one score of words and meaning, `rules` raises and lowers it for what the
symbol is called and what it is, `files` adds what the file as a whole tells, `diversity` keeps one file from filling
the list. Scores are on one scale: 1.0 is what the best match by words and by meaning has before any rule. No rule knows
a project, and none knows a language by name.
"""

from __future__ import annotations

from leindex.lerecherche.ranking.candidates import Candidate, FileMatch, Pool
from leindex.lerecherche.ranking.diversity import select
from leindex.lerecherche.ranking.files import lift_files
from leindex.lerecherche.ranking.fusion import fuse
from leindex.lerecherche.ranking.rules import apply_boosts, apply_penalties

__all__ = ["Candidate", "FileMatch", "Pool", "rank"]


def rank(pool: Pool, limit: int) -> list[Candidate]:
    """Return the best candidates, at most ``limit``, with final scores and reasons."""
    fuse(pool)
    apply_boosts(pool)
    lift_files(pool)
    apply_penalties(pool)
    return select(pool, limit)
