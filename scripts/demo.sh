#!/usr/bin/env bash
# Shows LeIndex at work on code that every machine has: the running Python's standard library. $1 is the program `leindex`.
# The library may be read-only, so its index lies in .demo of this repository; `make clean` removes it.
set -euo pipefail
leindex=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
library=$("$(dirname "$leindex")/python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
export LEINDEX_INDEX_DIR="$PWD/.demo"

show() {
    local word line="leindex"
    for word in "$@"; do
        case $word in *" "*) line+=" \"$word\"" ;; *) line+=" $word" ;; esac
    done
    printf '\n$ %s\n' "$line"
    (cd "$library" && "$leindex" "$@")
}

echo "LeIndex reads the standard library of this Python, in $library, and answers three questions from it."
show index
show search "how is a zip archive's central directory read" --limit 5
show analyze "how does an asyncio task wake up when its future is done" --budget 1200
show analyze "how does a thread pool hand submitted work to its threads" --budget 1500
show callers heapq.heappush

echo
echo "Your own code: cd into it and run $leindex analyze \"how does ... work\""
echo "An agent: see docs/guide/agents.md"
