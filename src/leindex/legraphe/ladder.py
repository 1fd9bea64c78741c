"""How sure an edge is: the confidence of every way in which a name can be resolved, with its reason.

The engine climbs the ladder and stops at the first rung that finds something; n candidates found on one rung share its
confidence. Where more than ``most_candidates`` fit, or a share falls under ``floor``, there is no edge: the name stays
listed at its owner as unresolved, with the number of its candidates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

LADDER: Final[Mapping[str, float]] = {
    "scope": 1.0,  # defined in the same file, in a scope around the reference: the language leaves no choice
    "package": 0.95,  # another file of the same package; build tags may leave that file out
    "import": 0.95,  # imported by name, also through re-exports; conditional imports may differ at run time
    "wildcard": 0.85,  # came in by `import *`; another wildcard may hide it
    "own": 0.95,  # `self.x`, defined by the class itself; a subclass may override it
    "inherited": 0.9,  # `self.x`, defined by the nearest ancestor; one more class that may override it
    "derived": 0.7,  # `self.x`, defined only below: a mixin or template method calls what its users have
    "receiver": 0.9,  # the receiver's type is declared; the object may be of a subclass
    "inferred": 0.8,  # the receiver's type follows from what was assigned or returned; it may be assigned again
    "unique": 0.7,  # the only function of that name, in a language that needs no import
    "unique_member": 0.4,  # the only method of that name, on a receiver nothing is known of: it may be a library's
    "common_member": 0.15,  # the same, for names that built-in types have too (`get`, `append`)
}
MOST_CANDIDATES: Final = 8
"""More namesakes than this are a list to choose from, not edges."""
FLOOR: Final = 0.1
"""Under this an edge says nothing: a common method name shared by two classes, any by five."""


def ladder_json() -> str:
    """The ladder as the engine reads it."""
    return json.dumps({**LADDER, "most_candidates": MOST_CANDIDATES, "floor": FLOOR})
