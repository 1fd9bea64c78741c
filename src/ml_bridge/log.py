"""What happens, as structured lines in the standard logger ``ml_bridge``: for each call, model and worker that ends.

Lines are logfmt (``event=call function=embed_texts run=0.004``), made by structlog, and go where the program sends its
logs: calls that went well at DEBUG, failures, models and workers at INFO. A program that asks for nothing pays for
nothing, and nothing is ever printed to stdout, which may belong to a protocol.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

LOGGER = logging.getLogger("ml_bridge")


def told_all() -> bool:
    """Whether somebody wants to know what is well; worth asking where it is told of every call."""
    return LOGGER.isEnabledFor(logging.DEBUG)


def debug(event: str, **values: object) -> None:
    """Tell of what is well."""
    if told_all():
        _structured().debug(event, **values)


def info(event: str, **values: object) -> None:
    """Tell of what somebody may want to know later."""
    if LOGGER.isEnabledFor(logging.INFO):
        _structured().info(event, **values)


@cache
def _structured() -> Any:
    import structlog  # noqa: PLC0415 - only where somebody listens

    return structlog.wrap_logger(
        LOGGER,
        processors=[structlog.processors.LogfmtRenderer(key_order=["event"])],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
