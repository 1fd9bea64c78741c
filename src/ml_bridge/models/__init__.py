"""Embedding models behind one shape: ``name``, ``dimensions`` and ``embed(texts)`` giving unit vectors."""

from ml_bridge.models.embedder import StaticEmbedder

__all__ = ["StaticEmbedder"]
