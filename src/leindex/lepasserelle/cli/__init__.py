"""The terminal: ``leindex`` and ``python -m leindex``. ``main`` is all that anyone imports from here."""

from leindex.lepasserelle.cli.app import main

__all__ = ["main"]
