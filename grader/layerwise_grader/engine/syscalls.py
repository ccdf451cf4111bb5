"""System calls that no answer needs, and that would let one submission leave something for the next.

Key rings belong to a user, not to a namespace, and shared memory of System V outlives its process.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # the second is EPERM
LOAD, EQUALS, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
OTHER_ABI = 0x40000000  # x32's numbers, on the same architecture
# Machine → its name for the kernel, and add_key, request_key, keyctl, shmget, semget, msgget.
REFUSED = {
    "x86_64": (0xC000003E, (248, 249, 250, 29, 64, 68)),
    "aarch64": (0xC00000B7, (217, 218, 219, 194, 190, 186)),
}


def refuse() -> bool:
    """Refuses them to this process and all that it starts, for good; whether this machine's numbers are known."""
    if sys.platform != "linux" or platform.machine() not in REFUSED:
        return False
    code = program(*REFUSED[platform.machine()])
    content = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(content))
    libc = ctypes.CDLL(None)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return bool(libc.prctl(SET_SECCOMP, FILTER, ctypes.create_string_buffer(head, len(head)), 0, 0) == 0)


def program(machine: int, numbers: tuple[int, ...]) -> bytes:
    """The filter as the kernel reads it: of each step its code, how many to skip if it holds or not, and a number."""
    count = len(numbers)
    steps = [(LOAD, 0, 0, 4), (EQUALS, 1, 0, machine), (RETURN, 0, 0, REFUSE), (LOAD, 0, 0, 0)]
    steps.append((AT_LEAST, count + 1, 0, OTHER_ABI))
    steps += [(EQUALS, count - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
