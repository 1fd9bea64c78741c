"""What crosses between a caller and its worker: packets over a socket, and what is large in shared memory beside them.

A packet is a header and a pickle. What is larger than 64 KiB, arrays above all (pickle's out-of-band buffers), goes
into a memory file, see :mod:`ml_bridge.workers.memory`, whose descriptor travels with the packet.
"""

from __future__ import annotations

import os
import pickle
import socket
import struct
import time
from dataclasses import dataclass, replace
from typing import Any

from ml_bridge.workers.memory import Lent, open_parts, store

LARGE = 64 * 1024
HEAD = struct.Struct("=BdIQ")
"""Kind, seconds that the work took, how many parts lie in shared memory (none: the pickle follows), and where their
table is."""
LOAD, LOADED, CALL, RESULT, FAILURE = range(5)
TIMEVAL = struct.Struct("@ll")
DESCRIPTOR = socket.CMSG_SPACE(4)
WATCH_SECONDS = 50e-6
"""How long an end looks again and again for a packet before it sleeps. To be woken takes half as long as this; a short
call is answered before anybody has slept. Of no use on a single processor, where the other end waits for this one."""


@dataclass(slots=True)
class Packet:
    """A message as it crosses. Whoever does not send or decode it must :meth:`drop` it."""

    kind: int
    seconds: float
    parts: int
    body: bytes | memoryview
    descriptor: int | None = None
    table: int = 0

    def drop(self) -> None:
        """Let go of the shared memory."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


class Connection:
    """One end of a socket that keeps the bounds of packets."""

    def __init__(self, channel: socket.socket) -> None:
        self.socket = channel
        self._patience: float | None = None
        self._watch = WATCH_SECONDS if len(os.sched_getaffinity(0)) > 1 else 0.0
        self._buffer = bytearray(HEAD.size + LARGE)
        self._buffers = [self._buffer]
        self._view = memoryview(self._buffer)

    def send(self, packet: Packet) -> None:
        """Send, and let go of the packet. Raises OSError if the other end is gone."""
        head = HEAD.pack(packet.kind, packet.seconds, packet.parts, packet.table)
        if packet.descriptor is None:
            self.socket.send(head + packet.body)
            return
        try:
            socket.send_fds(self.socket, [head], [packet.descriptor])
        finally:
            packet.drop()

    def receive(self, seconds: float | None = None) -> Packet | None:
        """Return the next packet, whose body is only good until the next call; None when the other end is gone.

        Raises:
            BlockingIOError: nothing came in time.
        """
        if seconds != self._patience:
            self._patience = seconds
            whole, rest = divmod(seconds or 0.0, 1.0)
            limit = TIMEVAL.pack(int(whole), max(1, int(rest * 1e6)) if seconds is not None else 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        flags = socket.MSG_CMSG_CLOEXEC | (socket.MSG_DONTWAIT if self._watch else 0)
        until = time.monotonic() + self._watch
        while True:
            try:
                size, extra, _, _ = self.socket.recvmsg_into(self._buffers, DESCRIPTOR, flags)
                break
            except BlockingIOError:
                if not flags & socket.MSG_DONTWAIT:
                    raise
                if time.monotonic() < until:
                    os.sched_yield()
                else:
                    flags = socket.MSG_CMSG_CLOEXEC
            except OSError:  # reset by its death, or closed by us
                return None
        if size < HEAD.size:
            return None
        kind, seconds_taken, parts, table = HEAD.unpack_from(self._buffer)
        descriptor = int.from_bytes(extra[0][2][:4], "little") if extra else None
        return Packet(kind, seconds_taken, parts, self._view[HEAD.size : size], descriptor, table)

    def close(self) -> None:
        """Hang up; the other end reads the end of the stream."""
        self.socket.close()


def encode(kind: int, value: object, seconds: float = 0.0, lent: Lent | None = None) -> Packet:
    """Make a packet of a value. Raises whatever pickle raises, and OSError or MemoryError without room for it.

    ``lent`` is the memory file of the question, for a worker that answers. The answer may lie in it: then
    :func:`settle` it when everything else that looked at that memory is gone.
    """
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, 5, buffer_callback=buffers.append)
    if not buffers and len(data) <= LARGE:
        return Packet(kind, seconds, 0, data)
    return _encode_large(kind, value, seconds, lent)


def _encode_large(kind: int, value: object, seconds: float, lent: Lent | None) -> Packet:
    large: list[memoryview] = []

    def kept(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < LARGE:
            return True
        large.append(raw)
        return False

    data = pickle.dumps(value, 5, buffer_callback=kept)
    if not large and len(data) <= LARGE:
        return Packet(kind, seconds, 0, data)
    count = 1 + len(large)
    offsets = lent.offsets(large) if lent is not None and lent.held else None
    if lent is not None and offsets is not None:
        return Packet(kind, seconds, count, b"", None, lent.add(data, large, offsets))
    free = lent is not None and not lent.held
    descriptor, table = store([memoryview(data), *large], lent.take() if lent is not None and free else None)
    return Packet(kind, seconds, count, b"", descriptor, table)


def settle(packet: Packet, lent: Lent | None) -> Packet:
    """Hand the question's memory over with an answer that lies in it; copy what the worker still looks at."""
    if lent is None or not packet.parts or packet.descriptor is not None:
        return packet
    own = lent.take()
    if not lent.held:
        return replace(packet, descriptor=own)
    try:
        descriptor, table = store(open_parts(own, packet.parts, packet.table)[0])
    finally:
        os.close(own)
    return replace(packet, descriptor=descriptor, table=table)


def decode(packet: Packet) -> Any:
    """Return the value, and let go of the packet. Raises whatever unpickling raises."""
    if packet.descriptor is None:
        return pickle.loads(packet.body)
    value, lent = decode_lent(packet)
    if lent is not None:
        lent.close()
    return value


def decode_lent(packet: Packet) -> tuple[Any, Lent | None]:
    """The same, and the memory file that the value lies in, if there is one."""
    if packet.descriptor is None:
        return pickle.loads(packet.body), None
    descriptor, packet.descriptor = packet.descriptor, None
    lent = None
    try:
        (data, *buffers), mapping = open_parts(descriptor, packet.parts, packet.table)
        lent = Lent(descriptor, mapping)
        return pickle.loads(data, buffers=buffers), lent
    except BaseException:
        os.close(descriptor)
        raise
