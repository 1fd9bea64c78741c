"""What can go wrong between a program and its models, drawn as one small tree.

    MlBridgeError
    └── ModelUnavailable      a model's files are missing, unreadable or not what they should be

A text without a known word is none of these: its vector is zeros.
"""

from __future__ import annotations


class MlBridgeError(Exception):
    """Anything that this package says on purpose; the message is one for people."""


class ModelUnavailable(MlBridgeError):
    """A model cannot be used; the message says why and what to do."""
