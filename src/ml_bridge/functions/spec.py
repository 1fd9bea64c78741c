"""A function given as text: what the specification calls its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function as source text. It is called with its arguments by name, in a worker that keeps ``module`` loaded.

    Functions with the same ``module`` and ``code`` share one module object in a worker, and so its global values.
    """

    name: str
    """Name to call it by, and of the function in the code."""
    module: str
    """What the module is called in tracebacks, and as its ``__name__``."""
    code: str
    input_schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON schema of the arguments, as an object; an empty one accepts everything."""
    output_schema: Mapping[str, Any] = field(default_factory=dict)
    timeout: float | None = None
    """Seconds; None takes the runtime's default."""
    max_batch_size: int | None = None
    """Longer lists in the first argument are worked off in pieces of this length; None for no limit."""
