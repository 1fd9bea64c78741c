"""The door for AI agents: a Model Context Protocol server on standard input and output."""
