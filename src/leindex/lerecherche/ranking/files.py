"""What the file as a whole tells about each of its symbols.

An answer is often spread: one function has "connection", the next has "pool". Seen alone each is a weak match; the file
that holds both is the place to look. So a file is scored as one document, and its symbols share in that: by its words,
by how much of the question it covers, by its length (the centre of a subject is seldom a short file) and by how many
other good symbols it holds.
"""

from __future__ import annotations

import math

from leindex.lerecherche.ranking.candidates import NO_MATCH, Candidate, FileMatch, Pool
from leindex.lerecherche.ranking.weights import FILE_COVERAGE, FILE_LENGTH, FILE_OTHERS, FILE_WORDS

_FULL_LENGTH = 2000  # lines from which a longer file is no more central
_FALLOFF = 0.5  # how much less each further symbol of a file adds
_COUNTED = 6  # symbols of a file that add at all
_MANY = "others in this file match too"


def lift_files(pool: Pool) -> None:
    """Raise each candidate by what its file tells; the weaker ones of a file share in it less."""
    by_file = pool.by_file()
    others = {file: _others(candidates) for file, candidates in by_file.items()}
    most = max(others.values(), default=0.0)
    for file, candidates in by_file.items():
        match = pool.files.get(file, NO_MATCH)
        crowd = FILE_OTHERS * others[file] / most if most else 0.0
        whole = _whole(pool, match)
        best = candidates[0].score
        for candidate in candidates:
            share = candidate.score / best if best > 0 else 0.0
            candidate.add(crowd * share, _MANY if others[file] else "")
            candidate.add(whole, "")


def _whole(pool: Pool, match: FileMatch) -> float:
    words = match.lexical / pool.best_file if pool.best_file else 0.0
    length = min(math.log1p(match.lines) / math.log1p(_FULL_LENGTH), 1.0)
    return FILE_WORDS * words + FILE_COVERAGE * match.coverage + FILE_LENGTH * length


def _others(candidates: list[Candidate]) -> float:
    """Sum of the scores after the best one's, each counting less than the one before."""
    scores = [candidate.score for candidate in candidates[1:_COUNTED]]
    return sum(score * _FALLOFF**place for place, score in enumerate(scores))
