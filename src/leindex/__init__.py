"""LeIndex: a local engine that knows your code."""

__version__ = "0.1.0"
