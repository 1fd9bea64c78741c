"""What can be called: how a function is described, checked and found by its name.

spec.py        a function given as text
modules.py     source text as modules, compiled once
signatures.py  arguments and results checked by type hints
schemas.py     the same by JSON schema
registry.py    functions by name
"""
