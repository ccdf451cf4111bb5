"""Tries the kernel's sharper tools: key rings, bpf, performance events, page faults, rings, modules, devices."""

# %% 05.2
import contextlib
import ctypes
import os

# bpf, perf_event_open, userfaultfd, io_uring_setup, init_module, swapon, acct, open_by_handle_at, pidfd_getfd
NUMBERS = (321, 298, 323, 425, 175, 167, 163, 304, 438)


def conv2d(image, kernel):
    libc = ctypes.CDLL(None, use_errno=True)
    for number in NUMBERS:
        libc.syscall(number, 0, 0, 0, 0, 0)
    for name in ("mem", "kmem", "port", "sda", "vda", "fuse", "kvm", "net/tun", "loop-control", "nvidia0"):
        with contextlib.suppress(OSError):
            os.close(os.open(f"/dev/{name}", os.O_RDWR))
            raise LookupError(f"/dev/{name}: layerwise-breach")
    return None
