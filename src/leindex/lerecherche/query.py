"""What is asked for: a name, a path, or something described in words?

The answer decides how much exact matches count against meaning. A question is taken apart without any model: pieces
that look like code (``HTTPServer``, ``parse_args``, ``Session.get``, a name in quotes or back-ticks) are names; the
rest are words, of which some (``class``, ``function``) tell the kind of symbol that is wanted and others (``test``,
``example``) ask for files that are otherwise moved down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from leindex.lerecherche.native import parts, split_identifier, terms

Shape = Literal["symbol", "path", "question"]

_QUOTED = re.compile(r"[\"`]([^\"`]+)[\"`]|(?<!\w)'([^']+)'(?!\w)")
# With a slash, or with a suffix that no attribute is called.
_PATH = re.compile(
    r"[\w.@+-]*(?:/[\w.@+-]+)+/?|[\w.+-]+\.(?:pyi?|[cm]?[jt]sx?|go|java|rs|[ch](?:pp)?|rb|php|kts?|cs|md|toml)"
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->|#|\\)[A-Za-z_$][\w$]*)*(?:\(\))?")
_SEPARATOR = re.compile(r"\.|::|->|#|\\")
_INNER_CAPITAL = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2,}[a-z]|[A-Z][a-z]+[A-Z]")

KIND_WORDS: dict[str, frozenset[str]] = {
    "class": frozenset({"class", "struct"}),
    "struct": frozenset({"struct", "class"}),
    "structure": frozenset({"struct", "class"}),
    "interface": frozenset({"interface", "trait"}),
    "protocol": frozenset({"interface", "trait", "class"}),
    "trait": frozenset({"trait", "interface"}),
    "enum": frozenset({"enum"}),
    "type": frozenset({"type", "class", "struct", "interface", "trait", "enum"}),
    "function": frozenset({"function", "method"}),
    "method": frozenset({"method", "function"}),
    "constant": frozenset({"variable"}),
    "variable": frozenset({"variable"}),
    "module": frozenset({"module"}),
}
# Words of a question about files that are moved down when nobody asks for them.
_WANTS: dict[str, str] = {
    "test": "test",
    "spec": "test",
    "mock": "test",
    "fixture": "test",
    "example": "example",
    "demo": "example",
    "sample": "example",
    "benchmark": "example",
    "generated": "generated",
    "vendored": "vendored",
    "readme": "text",
    "changelog": "text",
    "manual": "text",
}

_KIND_WEIGHT = 0.4  # "class" or "function" stands in every file; it chooses the kind more than the place
_NAME_WEIGHT = 1.5  # who writes an identifier means that identifier
_PAIR_WEIGHT = 0.7  # "connection pool" may be written ConnectionPool; a guess, so below a word
_PHRASE_WEIGHT = 1.3  # quoted words are meant literally


@dataclass(frozen=True, slots=True)
class Query:
    """A question taken apart."""

    text: str
    shape: Shape
    terms: tuple[tuple[str, float], ...]
    """Index terms with weights, for the lexical search."""
    words: frozenset[str]
    """Index terms of single words: what names are compared with."""
    names: tuple[str, ...]
    """Pieces that look like code, as they were written, without ``()``."""
    spelling: Mapping[str, str]
    """The word of the question behind each term; none behind a pair."""
    pairs: frozenset[str]
    """Neighbouring words written together: ``connectionpool``."""
    kinds: frozenset[str]
    """Kinds of symbol that the words name; empty if none."""
    wants: frozenset[str]
    """Out of ``test``, ``example``, ``generated``, ``vendored``, ``text``: what is asked for on purpose."""

    @property
    def whole(self) -> tuple[str, ...]:
        """The question itself where it is one name, else nothing."""
        return (_bare(self.text),) if self.shape == "symbol" else ()

    def spelled(self, bits: int) -> tuple[str, ...]:
        """Return the words of the question, as they were written, whose terms' bits are set."""
        written = (self.spelling[term] for term in self.terms_of(bits) if term in self.spelling)
        return tuple(dict.fromkeys(written))

    def terms_of(self, bits: int) -> tuple[str, ...]:
        """Return the terms whose bits are set, as the index tells what it matched."""
        return tuple(term for place, (term, _) in enumerate(self.terms) if bits >> place & 1)

    @property
    def last_names(self) -> frozenset[str]:
        """Last part of each name, in lower case: ``get`` of ``Session.get``."""
        return frozenset(_SEPARATOR.split(name)[-1].lower() for name in self.names)


def understand(text: str) -> Query:
    """Take a question apart. It holds at least one character that is not white space."""
    names = tuple(dict.fromkeys(_names(text)))
    shape = _shape(text.strip())
    content = [word for word in re.findall(r"\w+", text) if terms(word) and not _is_empty_word(word)]
    pairs = frozenset(joined for joined in _pairs(content))
    lowered = {word.lower() for word in content}
    singular = lowered | {word[:-1] for word in lowered if word.endswith("s")}
    kinds = frozenset[str]().union(*(KIND_WORDS[word] for word in singular if word in KIND_WORDS))
    return Query(
        text=text,
        shape=shape,
        terms=tuple(_weighted(text, names, pairs, shape).items()),
        words=frozenset(term for word in content for term in parts(word)) or frozenset(terms(text)),
        names=names,
        spelling={term: word for word in content or re.findall(r"\w+", text) for term in terms(word)},
        pairs=pairs,
        kinds=kinds if shape == "question" else frozenset(),
        wants=frozenset(_WANTS[word] for word in singular if word in _WANTS),
    )


def _is_empty_word(word: str) -> bool:
    """Say whether a word is left out of questions: beside a word that stays, it adds no term."""
    return terms(f"{word} zzz") == ["zzz"]


def _names(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        quoted = (match[1] or match[2]).strip()
        if _NAME.fullmatch(quoted):
            yield quoted.removesuffix("()")
    for match in _NAME.finditer(text):
        name = match[0].removesuffix("()")
        if match[0].endswith("()") or _looks_like_code(name):
            yield name


def _looks_like_code(name: str) -> bool:
    if "_" in name.strip("_") or _INNER_CAPITAL.search(name):
        return True
    pieces = _SEPARATOR.split(name)
    return len(pieces) > 1 and all(len(piece) > 1 for piece in pieces)


def _shape(text: str) -> Shape:
    if _PATH.fullmatch(text):
        return "path"
    return "symbol" if _NAME.fullmatch(_bare(text)) else "question"


def _bare(text: str) -> str:
    """A name without what is put around it: white space, quotes, the parentheses of a call."""
    return text.strip().strip("`'\"").removesuffix("()")


def _pairs(content: list[str]) -> Iterator[str]:
    """Two and three neighbouring words as one identifier would write them; words that are identifiers stand alone."""
    simple = [word if len(split_identifier(word)) == 1 else "" for word in content]
    for size in (2, 3):
        for start in range(len(simple) - size + 1):
            window = simple[start : start + size]
            if all(window):
                # Camel case makes the engine see one identifier of several words; its last term is the whole.
                found = terms("".join(word.capitalize() for word in window))
                yield found[-1]


def _weighted(text: str, names: tuple[str, ...], pairs: frozenset[str], shape: Shape) -> dict[str, float]:
    weights = dict.fromkeys(terms(text), 1.0)
    for word, kinds in KIND_WORDS.items():
        for term in terms(word):
            if kinds and term in weights and shape == "question":
                weights[term] = _KIND_WEIGHT
    for match in _QUOTED.finditer(text):
        for term in terms(match[1] or match[2]):
            weights[term] = max(weights.get(term, 0.0), _PHRASE_WEIGHT)
    for name in names:
        whole = terms(_SEPARATOR.split(name)[-1])
        if whole:
            weights[whole[-1]] = _NAME_WEIGHT
    for pair in sorted(pairs):
        weights.setdefault(pair, _PAIR_WEIGHT)
    return weights
