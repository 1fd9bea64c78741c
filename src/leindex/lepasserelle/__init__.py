"""The doors: the facade for programs, the command line for people, MCP for agents."""
