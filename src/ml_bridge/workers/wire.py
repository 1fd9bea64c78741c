"""What crosses between a caller and its worker: packets over a socket, and what is large in shared memory beside them.

A packet is a header and a pickle. What is larger than 64 KiB, arrays above all (pickle's out-of-band buffers), goes
into an anonymous memory file (``memfd``) whose descriptor travels with the packet. The file has no name, so nothing
can be left behind: it is gone when the last process that mapped it lets go or is killed. The receiver's arrays lie in
that memory as they are, writable, and keep it alive as long as they live.

A memory file holds a table of sizes, then the pickle and its buffers, each on a boundary of 64 bytes.
"""

from __future__ import annotations

import mmap
import os
import pickle
import socket
import struct
from dataclasses import dataclass
from typing import Any

LARGE = 64 * 1024
HEAD = struct.Struct("=BdI")
"""Kind, seconds that the work took, and how many parts lie in shared memory (none: the pickle follows)."""
LOAD, LOADED, CALL, RESULT, FAILURE = range(5)
ALIGNMENT = 64
TIMEVAL = struct.Struct("@ll")
DESCRIPTOR = socket.CMSG_SPACE(4)


@dataclass(slots=True)
class Packet:
    """A message as it crosses. Whoever does not send or decode it must :meth:`drop` it."""

    kind: int
    seconds: float
    parts: int
    body: bytes | memoryview
    descriptor: int | None = None

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
        self._buffer = bytearray(HEAD.size + LARGE)
        self._buffers = [self._buffer]
        self._view = memoryview(self._buffer)

    def send(self, packet: Packet) -> None:
        """Send, and let go of the packet. Raises OSError if the other end is gone."""
        head = HEAD.pack(packet.kind, packet.seconds, packet.parts)
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
        try:
            size, extra, _, _ = self.socket.recvmsg_into(self._buffers, DESCRIPTOR, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            raise
        except OSError:  # reset by its death, or closed by us
            return None
        if size < HEAD.size:
            return None
        kind, seconds_taken, parts = HEAD.unpack_from(self._buffer)
        descriptor = int.from_bytes(extra[0][2][:4], "little") if extra else None
        return Packet(kind, seconds_taken, parts, self._view[HEAD.size : size], descriptor)

    def close(self) -> None:
        """Hang up; the other end reads the end of the stream."""
        self.socket.close()


def encode(kind: int, value: object, seconds: float = 0.0) -> Packet:
    """Make a packet of a value. Raises whatever pickle raises, and OSError or MemoryError without room for it."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, 5, buffer_callback=buffers.append)
    if not buffers and len(data) <= LARGE:
        return Packet(kind, seconds, 0, data)
    return _encode_large(kind, value, seconds)


def _encode_large(kind: int, value: object, seconds: float) -> Packet:
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
    return Packet(kind, seconds, 1 + len(large), b"", _store([memoryview(data), *large]))


def decode(packet: Packet) -> Any:
    """Return the value, and let go of the packet. Raises whatever unpickling raises."""
    if packet.descriptor is None:
        return pickle.loads(packet.body)
    try:
        data, *buffers = _map(packet.descriptor, packet.parts)
    finally:
        packet.drop()
    return pickle.loads(data, buffers=buffers)


def _store(parts: list[memoryview]) -> int:
    """Write the parts into a new memory file. Writing is faster than mapping: the pages need not be zeroed first."""
    descriptor = os.memfd_create("ml_bridge", os.MFD_CLOEXEC)
    try:
        table = struct.pack(f"={len(parts)}Q", *(part.nbytes for part in parts))
        end = _write(descriptor, memoryview(table), 0)
        for part in parts:
            end = _write(descriptor, part, _aligned(end))
        os.ftruncate(descriptor, max(end, 1))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _write(descriptor: int, part: memoryview, at: int) -> int:
    done = 0
    while done < part.nbytes:  # the system writes 2 GiB at a time
        done += os.pwrite(descriptor, part[done:], at + done)
    return at + done


def _map(descriptor: int, count: int) -> list[memoryview]:
    whole = memoryview(mmap.mmap(descriptor, 0))
    at = 8 * count
    parts = []
    for size in struct.unpack_from(f"={count}Q", whole):
        at = _aligned(at)
        parts.append(whole[at : at + size])
        at += size
    return parts


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
