"""Long lists worked off in pieces: what ``max_batch_size`` of a function means."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ml_bridge.calls import Call
from ml_bridge.errors import OutputInvalid
from ml_bridge.functions.registry import Function


def in_pieces(function: Function, call: Call, arguments: dict[str, Any]) -> Any:
    """Run the function, on pieces of its first argument if that is a longer list than it takes at once.

    The results of the pieces, lists or arrays with one entry for each item, are joined in order. One deadline holds
    for all.
    """
    size, first = function.max_batch_size, function.checks.first
    items = arguments.get(first) if size is not None and first is not None else None
    if size is None or first is None or not isinstance(items, list) or len(items) <= size:
        return function.runner.run(call, arguments)
    pieces = [items[start : start + size] for start in range(0, len(items), size)]
    results = []
    for piece in pieces:
        call.check()
        results.append(_fitting(function, piece, function.runner.run(call, {**arguments, first: piece})))
    if all(isinstance(result, list) for result in results):
        return list(chain.from_iterable(results))
    import numpy as np  # noqa: PLC0415 - only when arrays were returned

    return np.concatenate(results)


def _fitting(function: Function, piece: list[Any], result: Any) -> Any:
    if not hasattr(result, "__len__") or isinstance(result, (str, bytes, dict)) or len(result) != len(piece):
        raise OutputInvalid(
            f"{function.name} has a max_batch_size, so for a list of {len(piece)} it must return a list or array "
            "of that length"
        )
    return result
