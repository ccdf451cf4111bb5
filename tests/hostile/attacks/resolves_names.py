"""Asks the name service of the machine, a way out that needs no socket of its own."""

# %% 05.2
import contextlib
import socket
from pathlib import Path


def conv2d(image, kernel):
    # Only local services are tried: a question to a real name server would leave the machine if the walls were down.
    for path in ("/run/systemd/resolve/io.systemd.Resolve", "/run/nscd/socket", "/var/run/nscd/socket"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.connect(path)
            raise LookupError(f"{path}: layerwise-breach")
    if Path("/run/secrets").exists():
        raise LookupError("secrets of the container: layerwise-breach")
    socket.getaddrinfo("localhost", 80)
    return None
