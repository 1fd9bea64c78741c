"""Inside the process of a model: opens it with the backend that the catalogue names."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from ml_bridge.errors import ModelUnavailable
from ml_bridge.models.catalogue import ModelType, backend

FROM_THE_HUB = {"sentence", "summaries"}


class HostedModel:
    """An open model; ``description`` is what its caller is told of it."""

    def __init__(self, model: Any, opened_by: str) -> None:
        self._model = model
        self.description = {"dimensions": model.dimensions, "backend": opened_by}

    def __call__(self, **arguments: Any) -> Any:
        """Ask the model."""
        return self._model(**arguments)


def open_model(kind: ModelType, name: str, options: dict[str, Any]) -> Callable[..., Any]:
    """Open a model; ``options`` are ``gpu``, ``gpu_memory_fraction`` and ``allow_downloads``.

    Raises:
        ModelUnavailable: its packages or files are missing, or are not what they should be.
    """
    chosen = backend(kind, name)
    _quiet(options["allow_downloads"])
    try:
        maker = getattr(import_module(f"ml_bridge.models.backends.{chosen.module}"), chosen.name)
        return HostedModel(maker(name, **options), chosen.module)
    except ModelUnavailable:
        raise
    except ModuleNotFoundError as missing:
        hint = f"pip install 'leindex-py[{chosen.extra}]'" if chosen.extra else "install it"
        raise ModelUnavailable(f"the model {name} needs the package {missing.name}: {hint}") from missing
    except Exception as error:  # libraries raise anything over files that are not what they expect
        first = str(error).partition("\n")[0]
        offline = chosen.module in FROM_THE_HUB and not options["allow_downloads"]
        hint = "; models of the hub are fetched only with allow_downloads = true" if offline else ""
        raise ModelUnavailable(f"the model {name} cannot be opened ({type(error).__name__}: {first}){hint}") from error


def _quiet(allow_downloads: bool) -> None:
    """Tell the libraries, before they are imported, to draw no progress bars and open no connection unless allowed."""
    environment = os.environ  # noqa: TID251 - that of this process, which has one model and no other reader
    environment["TQDM_DISABLE"] = "1"
    environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if not allow_downloads:
        environment["HF_HUB_OFFLINE"] = "1"
