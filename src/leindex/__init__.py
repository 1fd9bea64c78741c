"""LeIndex: a local engine that knows your code."""
