"""Connects to every Unix socket it can find, abstract ones too: Docker's, D-Bus', X's and the test's own."""

# %% 05.2
import contextlib
import glob
import socket
from pathlib import Path

KNOWN = ("/var/run/docker.sock", "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0", "\0layerwise-listener")


def conv2d(image, kernel):
    listed = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if line.count(" ") > 6]
    names = [f"\0{name[1:]}" if name.startswith("@") else name for name in listed]
    for name in (*KNOWN, *names, *glob.glob("/run/**/*.sock", recursive=True)):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.connect(name)
            line.send(b"layerwise-breach")
            raise LookupError(f"{name}: layerwise-breach")
    return None
