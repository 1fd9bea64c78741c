#!/usr/bin/env bash
# Makes the virtual environment given as $1, after checking that the machine has what only the user can install.
# Every failure is one sentence that says what to do. `--check` instead of a folder checks the compilers only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stop() {
    echo "make setup: $*" >&2
    exit 1
}

check_compilers() {
    local needed found
    cargo --version >/dev/null 2>&1 ||
        stop "Rust is missing; install it with: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh (see https://rustup.rs), then run make again."
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(rustc --version | cut -d ' ' -f 2)
    [ "$(printf '%s\n%s\n' "$needed" "$found" | sort -V | head -n 1)" = "$needed" ] ||
        stop "Rust $found is too old, $needed or newer is needed; run: rustup update stable"
    "${CC:-cc}" --version >/dev/null 2>&1 ||
        stop "a C compiler is missing; install one (Debian, Ubuntu: apt install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install), then run make again."
}

# The first Python on the PATH that is new enough and can make virtual environments; `python3` is asked first.
find_python() {
    local candidate recent=""
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
        recent=$candidate
        "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1 || continue
        echo "$candidate"
        return
    done
    [ -z "$recent" ] || stop "$recent cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"
    stop "Python 3.11 or newer is missing; install it from https://www.python.org/downloads/ or your package manager."
}

check_compilers
[ "$1" = --check ] && exit 0
python=$(find_python)
"$python" -m venv --clear "$1"
"$1/bin/python" -m pip install --quiet 'maturin>=1.9,<2'
