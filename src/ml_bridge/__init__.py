"""ML functions on the user's own machine: isolated, really timed, cached and observable.

A function that is slow, heavy or dangerous is registered and called; it runs in a process of its own, and is over
when its time is over:

    >>> from ml_bridge import MLRuntime
    >>> runtime = MLRuntime()
    >>> @runtime.function(timeout=2)
    ... def square(number: int) -> int:
    ...     return number * number
    >>> runtime.call("square", {"number": 12})
    144

And the static embedding model that ships with the package, opened when it is first used:

    >>> from ml_bridge import StaticEmbedder
    >>> embedder = StaticEmbedder()
    >>> vectors = embedder.embed(["connection pool", "reuse of sockets", "JSON parser"])
    >>> vectors.shape
    (3, 256)
    >>> bool(vectors[0] @ vectors[1] > vectors[0] @ vectors[2])
    True

Names are imported when they are asked for: whoever only embeds pays for nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml_bridge.config import Configuration, FunctionLimits
    from ml_bridge.errors import MlBridgeError, ModelUnavailable
    from ml_bridge.functions.registry import Function
    from ml_bridge.functions.spec import FunctionSpec
    from ml_bridge.models import StaticEmbedder
    from ml_bridge.runtime import MLRuntime

_HOMES = {
    "Configuration": "ml_bridge.config",
    "Function": "ml_bridge.functions.registry",
    "FunctionLimits": "ml_bridge.config",
    "FunctionSpec": "ml_bridge.functions.spec",
    "MLRuntime": "ml_bridge.runtime",
    "MlBridgeError": "ml_bridge.errors",
    "ModelUnavailable": "ml_bridge.errors",
    "StaticEmbedder": "ml_bridge.models",
}

__all__ = [
    "Configuration",
    "Function",
    "FunctionLimits",
    "FunctionSpec",
    "MLRuntime",
    "MlBridgeError",
    "ModelUnavailable",
    "StaticEmbedder",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
