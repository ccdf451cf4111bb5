"""Looks for shared memory of others: System V segments, /dev/shm, POSIX queues and the kernel's key rings."""

# %% 05.2
import contextlib
import ctypes
from pathlib import Path


def conv2d(image, kernel):
    for name in ("shm", "sem", "msg"):
        with contextlib.suppress(OSError):
            if len(Path(f"/proc/sysvipc/{name}").read_text().splitlines()) > 1:
                raise LookupError(f"{name} of others: layerwise-breach")
    libc = ctypes.CDLL(None, use_errno=True)
    key = libc.syscall(249, b"user", b"layerwise-note", None, 0)  # request_key: what another submission may have left
    if key > 0:
        raise LookupError("a key of others: layerwise-breach")
    return None
