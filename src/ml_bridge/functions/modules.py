"""Source text as modules, compiled once: the same module name and the same text (by BLAKE3) give the same module.

The caller's process compiles, to find mistakes when a function is registered; each worker runs the module when it first
needs it and keeps it. Tracebacks show the lines of such a module like those of any file.
"""

from __future__ import annotations

import linecache
import threading
from types import CodeType, ModuleType

from ml_bridge.errors import FunctionInvalid

Key = tuple[str, str]
"""Module name and hash of its source."""


def compile_source(module: str, code: str) -> CodeType:
    """Compile, or raise :class:`FunctionInvalid` with line and column of the mistake."""
    try:
        return compile(code, filename(module), "exec", dont_inherit=True)
    except SyntaxError as error:
        where = f"line {error.lineno}, column {error.offset}"
        raise FunctionInvalid(f"{module}, {where}: {error.msg}", line=error.lineno, column=error.offset) from error
    except ValueError as error:  # a null byte
        raise FunctionInvalid(f"{module}: {error}") from error


def filename(module: str) -> str:
    """How tracebacks name the source of a module that has no file."""
    return f"<{module}>"


class CodeCache:
    """Compiled code by module and hash. Safe for threads."""

    def __init__(self) -> None:
        self._codes: dict[Key, CodeType] = {}
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def get(self, key: Key, code: str) -> CodeType:
        """Return the compiled code, compiling it the first time."""
        with self._lock:
            if key in self._codes:
                self.hits += 1
                return self._codes[key]
            self.misses += 1
        compiled = compile_source(key[0], code)
        with self._lock:
            return self._codes.setdefault(key, compiled)

    def count(self, *, hit: bool) -> None:
        """Count what a worker found, or did not find, in the modules that it keeps."""
        with self._lock:
            if hit:
                self.hits += 1
            else:
                self.misses += 1


class ModuleCache:
    """The modules of one process. A module that failed half-way is not kept."""

    def __init__(self) -> None:
        self._modules: dict[Key, ModuleType] = {}

    def get(self, key: Key, code: str) -> ModuleType:
        """Return the module, running its code the first time."""
        module = self._modules.get(key)
        if module is None:
            name = filename(key[0])
            linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
            module = ModuleType(key[0])
            exec(compile_source(key[0], code), module.__dict__)
            self._modules[key] = module
        return module
