"""ML functions on the user's own machine; for now the static embedding model that ships with the package.

    >>> from ml_bridge import StaticEmbedder
    >>> embedder = StaticEmbedder()
    >>> vectors = embedder.embed(["connection pool", "reuse of sockets", "JSON parser"])
    >>> vectors.shape
    (3, 256)
    >>> bool(vectors[0] @ vectors[1] > vectors[0] @ vectors[2])
    True

Nothing is downloaded: the model lies in the package, and is opened when it is first used.
"""

from ml_bridge.errors import MlBridgeError, ModelUnavailable
from ml_bridge.models import StaticEmbedder

__all__ = ["MlBridgeError", "ModelUnavailable", "StaticEmbedder"]
