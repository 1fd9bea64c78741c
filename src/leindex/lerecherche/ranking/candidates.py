"""What the ranking rules look at: a candidate with what is known of it, and the pool it competes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from leindex.lerecherche.families import bases
from leindex.lerecherche.native import parts
from leindex.lerecherche.query import Query
from leindex.types import Symbol

# The reason of the lexical score; the words themselves are told of results only.
WORDS = "words"
# What a word that stands everywhere is still worth, where the rarest word of the question is worth 1.
COMMON_WORD = 0.25
# What a word of the same family is worth: `validator` where the question says "validation".
KIN_WORD = 0.8
# Names of files that say what a file is for its folder, not what it is about.
ROLES = frozenset({"__init__", "__main__", "index", "lib", "main", "mod", "package-info"})


@dataclass(slots=True)
class Candidate:
    """A symbol on its way through the rules; ``score`` and ``reasons`` grow as they apply."""

    symbol: Symbol
    lexical: float
    """BM25 as the index gave it; 0 where the symbol was not found by words."""
    semantic: float
    """Cosine of the vectors, from -1 to 1; 0 where there is none."""
    bits: int = 0
    """Bit i is set where the symbol has term i of the question."""
    score: float = 0.0
    reasons: list[tuple[float, str]] = field(default_factory=list)
    """What each rule added, and how it says so; an empty text goes without saying."""

    def add(self, amount: float, reason: str) -> None:
        """Raise the score and remember why."""
        self.score += amount
        self.reasons.append((amount, reason))

    def multiply(self, factor: float, reason: str) -> None:
        """Lower the score and remember why."""
        self.reasons.append((self.score * (factor - 1), reason))
        self.score *= factor

    def why(self, query: Query) -> tuple[str, ...]:
        """Return the reasons, strongest first; what moved the symbol down comes last."""
        words = f"{WORDS}: {', '.join(query.spelled(self.bits))}"
        ordered = sorted(self.reasons, key=lambda pair: -pair[0])
        return tuple(dict.fromkeys(words if reason == WORDS else reason for _, reason in ordered if reason))


@dataclass(frozen=True, slots=True)
class FileMatch:
    """How well a file as a whole answers the question by its words."""

    lexical: float
    """BM25 of the file as one document."""
    coverage: float
    """Share of the question's words that the file has, rare words counting more; 0 to 1."""
    lines: int


NO_MATCH = FileMatch(0.0, 0.0, 0)


@dataclass
class Pool:
    """One question, everything that competes to answer it, and what is known of the files around."""

    query: Query
    candidates: list[Candidate]
    files: Mapping[str, FileMatch] = field(default_factory=dict)
    rarity: Mapping[str, float] = field(default_factory=dict)
    """How telling each word of the question is in this project: 1 for the rarest, 0 for one that every symbol has."""
    _said: dict[str, float] = field(default_factory=dict)
    """Answers of :meth:`said`: candidates share names, and those of one file its name and folders."""

    @cached_property
    def best_lexical(self) -> float:
        """The highest BM25 in the pool; scores are taken relative to it."""
        return max((candidate.lexical for candidate in self.candidates), default=0.0)

    @cached_property
    def best_semantic(self) -> float:
        """The highest cosine in the pool."""
        return max((candidate.semantic for candidate in self.candidates), default=0.0)

    @cached_property
    def best_file(self) -> float:
        """The highest BM25 of a file."""
        return max((match.lexical for match in self.files.values()), default=0.0)

    def by_file(self) -> dict[str, list[Candidate]]:
        """Return the candidates of each file, best first."""
        files: dict[str, list[Candidate]] = {}
        for candidate in sorted(self.candidates, key=lambda one: (-one.score, one.symbol.node)):
            files.setdefault(candidate.symbol.file, []).append(candidate)
        return files

    def said(self, name: str) -> float:
        """Return the share of a name's words that the question says, telling words counting more; 0 to 1."""
        known = self._said.get(name)
        if known is None:
            words = parts(name)
            known = self._said[name] = sum(map(self._worth, words)) / len(words) if words else 0.0
        return known

    def _worth(self, word: str) -> float:
        if word in self.query.words:
            return COMMON_WORD + (1 - COMMON_WORD) * self.rarity.get(word, 1.0)
        relatives = [self._families[base] for base in bases(word) if base in self._families]
        return KIN_WORD * max(map(self._worth, relatives), default=0.0)

    @cached_property
    def _families(self) -> dict[str, str]:
        """The question's words by what they share with their families."""
        return {base: word for word in sorted(self.query.words) for base in bases(word)}


def subject_of(file: str) -> str:
    """Return what a file is called after: its name up to the first dot, or its folder's if that says only a role."""
    folders, _, name = file.rpartition("/")
    stem = name.lstrip(".").partition(".")[0]
    return folders.rpartition("/")[2] if folders and stem.lower() in ROLES else stem
