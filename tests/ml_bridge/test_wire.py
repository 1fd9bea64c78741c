"""Packets over a socket: an end looks for a while before it sleeps, where another processor may answer meanwhile."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from ml_bridge.workers.wire import CALL, WATCH_SECONDS, Connection, decode, encode

Ends = tuple[Connection, Connection]


@pytest.fixture(params=[1, 2], ids=["one processor", "two"])
def ends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    """Both ends, on so many processors."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(request.param)))
    one, other = (Connection(end) for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    yield one, other
    one.close()
    other.close()


@pytest.mark.parametrize("after", [0.0, WATCH_SECONDS * 1000], ids=["at once", "when the other end sleeps"])
def test_a_packet_arrives(ends: Ends, after: float) -> None:
    one, other = ends
    timer = threading.Timer(after, lambda: one.send(encode(CALL, "hello")))
    timer.start()
    packet = other.receive()
    assert packet is not None and decode(packet) == "hello"
    timer.join()


def test_what_does_not_come_in_time_is_told_then(ends: Ends) -> None:
    start = time.monotonic()
    with pytest.raises(BlockingIOError):
        ends[1].receive(0.05)
    assert time.monotonic() - start >= 0.04


def test_an_end_that_hung_up_says_no_more(ends: Ends) -> None:
    ends[0].close()
    assert ends[1].receive() is None
