"""What this package takes from the engine; its only module that knows it."""

from __future__ import annotations

from leindex_rust import StaticModel, hash_bytes, terms

__all__ = ["StaticModel", "hash_bytes", "terms"]
