"""Words that mean the same in a question and in a name: ``validation`` and ``validator``, ``arguments`` and ``args``.

The index cuts only plurals, -ing and -ed, so that searching stays exact. Names of symbols and files are few and
short; they are compared more generously: two words are of one family if they share what is left when the endings that
make agents and actions are cut, or if one is a common abbreviation of the other.
"""

from __future__ import annotations

from functools import lru_cache

from leindex.lerecherche.native import parts

# Longest first: `initialization` is `initial` + `ization`, not `initializat` + `ion`.
_ENDINGS = (
    "ization",
    "ation",
    "ator",
    "ifier",
    "ment",
    "able",
    "izer",
    "ion",
    "ive",
    "ity",
    "ify",
    "or",
    "er",
    "al",
    "iz",
)
_SHORTEST_BASE = 4  # "er" is not cut from "user", nor "or" from "for"
_UNDOUBLED = frozenset("aeiousl")  # `formatter` doubled its t, `caller` did not double its l
_REMEMBERED_WORDS = 20_000

# Words and how programmers shorten them.
_SHORT_FORMS = """
address addr            | allocate alloc          | allocation alloc        | application app
argument arg            | asynchronous async      | attribute attr          | authentication auth
authorization auth      | buffer buf              | calculate calc          | callback cb
character char          | column col              | command cmd             | configuration config conf cfg
configure config conf   | connection conn         | context ctx             | current cur curr
database db             | declaration decl        | definition def          | dependency dep
destination dst dest    | development dev         | directory dir           | documentation doc
document doc            | environment env         | error err               | execute exec
execution exec          | expression expr regex   | filesystem fs           | function func fn
generate gen            | generation gen          | identifier ident id     | image img
implementation impl     | index idx               | information info        | initialization init
initialize init         | instance inst           | interface iface
iteration iter          | iterator iter           | language lang           | length len
library lib             | localization l10n       | manager mgr             | maximum max
memory mem              | message msg             | minimum min             | number num
object obj              | operation op            | operator op             | package pkg
parameter param         | password passwd pwd     | pointer ptr             | previous prev
private priv            | process proc            | production prod         | property prop
public pub              | receive recv            | reference ref           | register reg
repository repo         | request req             | response resp res       | sequence seq
session sess            | signal sig              | signature sig           | socket sock
source src              | specification spec      | standard std            | statement stmt
statistics stats stat   | string str              | synchronize sync        | synchronous sync
system sys              | table tbl               | temporary tmp temp      | thread thr
token tok               | transaction txn tx      | transform xform         | user usr
utility util            | value val               | variable var            | version ver
window win
"""


@lru_cache(maxsize=_REMEMBERED_WORDS)
def bases(word: str) -> frozenset[str]:
    """Return what an index term has in common with its family: itself, its stems, and what it is short for."""
    found = {word} | _LONG_FORMS.get(word, frozenset())
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_BASE:
            base = word.removesuffix(ending)
            found.add(base)
            if len(base) > _SHORTEST_BASE and base[-1] == base[-2] and base[-1] not in _UNDOUBLED:
                found.add(base[:-1])
    return frozenset(found)


def _long_forms() -> dict[str, frozenset[str]]:
    forms: dict[str, frozenset[str]] = {}
    for entry in _SHORT_FORMS.replace("\n", "|").split("|"):
        # As the index has them: stemmed, and `i18n` in pieces that are no words, which is left out.
        terms = [parts(form) for form in entry.split()]
        for short in terms[1:]:
            if len(short) == 1:
                forms[short[0]] = forms.get(short[0], frozenset()) | {terms[0][0]}
    return forms


_LONG_FORMS = _long_forms()
