"""The tools of the server: one module each, registered by one line in ``mcp.server``."""
