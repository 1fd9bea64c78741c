"""Builds the scale corpora from Debian's packages, so that anybody can repeat the figures.

    python -m benchmarks.corpus FOLDER [linux] [jdk] [go] [python]

    linux   about 56,000 C files, 1.2 GB     package linux-source-6.1
    jdk     about 15,000 Java files, 0.2 GB  package openjdk-17-source
    go      about 9,000 Go files             package golang-1.19-src
    python  the standard library and packages of the running interpreter, as a link

Needs apt and dpkg, and about 3 GB. The packages come from wherever apt is set up to look. Counts move a little with
Debian's point releases.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

PACKAGES = {"linux": "linux-source-6.1", "jdk": "openjdk-17-source", "go": "golang-1.19-src"}


def build(folder: Path, name: str) -> None:
    """Make one corpus at ``folder/name``; what is there already is kept."""
    place = folder / name
    if place.exists():
        return
    if name == "python":
        place.symlink_to(sysconfig.get_paths()["stdlib"])
        return
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        unpacked = _unpacked(PACKAGES[name], Path(scratch))
        part = Path(scratch, "part")
        UNPACK[name](unpacked, part)
        part.rename(place)


def _unpacked(package: str, scratch: Path) -> Path:
    subprocess.run(["apt-get", "download", "--quiet", package], cwd=scratch, check=True)
    subprocess.run(["dpkg", "-x", next(scratch.glob("*.deb")), scratch / "package"], check=True)
    return scratch / "package"


def _linux(package: Path, place: Path) -> None:
    with tarfile.open(next(package.rglob("linux-source-*.tar.xz"))) as archive:
        archive.extractall(place.with_name("whole"), filter="tar")
    next(place.with_name("whole").iterdir()).rename(place)


def _jdk(package: Path, place: Path) -> None:
    with zipfile.ZipFile(next(package.rglob("src.zip"))) as archive:
        archive.extractall(place)


def _go(package: Path, place: Path) -> None:
    shutil.copytree(next(package.glob("usr/share/go-*")), place, symlinks=True)


UNPACK: dict[str, Callable[[Path, Path], None]] = {"linux": _linux, "jdk": _jdk, "go": _go}


def main() -> None:
    """Build the corpora that the command line names; all of them if it names none."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of: linux jdk go python; default: all")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names or [*PACKAGES, "python"]:
        build(options.folder.resolve(), name)
        print(f"{name}: {options.folder / name}")


if __name__ == "__main__":
    main()
