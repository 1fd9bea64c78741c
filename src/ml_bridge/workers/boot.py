"""The first lines of a worker: takes over the caller's module path, then hands over to :mod:`ml_bridge.workers.child`.

It is run as a file, before anything of this package can be imported.
"""

import os
import pickle
import socket
import sys


def main() -> None:
    """Read what the caller says of itself, and serve it."""
    os.dup2(2, 1)  # what functions print must not end up between the lines of a protocol that the caller speaks
    connection = socket.socket(fileno=int(sys.argv[1]))
    connection.set_inheritable(False)
    hello = pickle.loads(connection.recv(1 << 20))
    sys.path[:] = hello["path"]
    from ml_bridge.workers.child import serve  # noqa: PLC0415 - only now it can be found

    serve(connection, hello)


if __name__ == "__main__":
    main()
