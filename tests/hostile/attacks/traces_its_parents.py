"""Attaches to its parent and to process 1 with ptrace, and reads them with process_vm_readv."""

# %% 05.2
import ctypes
import os

ATTACH, SEIZE = 16, 0x4206


def conv2d(image, kernel):
    libc = ctypes.CDLL(None, use_errno=True)
    for process in {1, os.getppid()}:
        for request in (ATTACH, SEIZE):
            if libc.ptrace(request, process, None, None) == 0:
                raise LookupError("attached to another process: layerwise-breach")
        piece = ctypes.create_string_buffer(8)
        vector = (ctypes.c_void_p * 2)(ctypes.addressof(piece), 8)
        if libc.process_vm_readv(process, vector, 1, vector, 1, 0) == 8:
            raise LookupError("read another process: layerwise-breach")
    return None
