"""A function run in the caller's own process: for what is trusted and short, as nothing can end it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from ml_bridge.calls import Call
from ml_bridge.errors import FunctionRaised, MlBridgeError


class InlineRunner:
    """Runs one function right here."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def run(self, call: Call, arguments: dict[str, Any]) -> Any:
        """Return what the function returns; what it raises becomes :class:`FunctionRaised`."""
        call.phase = "run"
        start = time.perf_counter()
        try:
            return self._function(**arguments)
        except MlBridgeError:
            raise
        except Exception as error:
            kind = type(error).__qualname__
            shown = "".join(traceback.format_exception(error))
            raise FunctionRaised(f"{call.name} raised {kind}: {error}", kind, shown) from error
        finally:
            call.run_seconds = time.perf_counter() - start
