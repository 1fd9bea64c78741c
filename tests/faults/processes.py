"""Runs a piece of Python as a user without rights, because tests may run as root, whom no permission stops."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

NOBODY = 65534
BECOME_NOBODY = f"""
import os, sys
from pathlib import Path
# All that is imported late otherwise, while the interpreter's own folders can be read.
import leindex.lepasserelle.indexing
from leindex.leparse import discovery, languages
from leindex.lestockage import schema
schema.migrations(), discovery.folder_names()
for name in ("python", "text"):
    languages.languages()[name].native, languages.languages()[name].fingerprint
root = Path(sys.argv[1])
if os.getuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
"""


def as_nobody(script: str, root: Path) -> str:
    """What ``script`` prints; it finds the folder of the test as ``root``, and may read but not write it."""
    parents = [root, *root.parents]
    for folder in parents:  # pytest makes its temporary folders for its own user alone
        if folder.stat().st_uid == os.getuid() and folder.parts[1:2] == ("tmp",):
            folder.chmod(folder.stat().st_mode | 0o055)
    modes = {path: path.stat().st_mode for path in (root, root / ".leindex") if path.exists()}
    if os.getuid() != 0:
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
    try:
        command = [sys.executable, "-c", BECOME_NOBODY + script, str(root)]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert run.returncode == 0, run.stderr
    return run.stdout
