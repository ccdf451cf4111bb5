import os

import numpy as np
import pytest

from layerwise_datasets import cache

X = np.arange(2_000, dtype=np.float32).reshape(40, 50)


def test_what_is_kept_comes_back():
    cache.keep("digits", X)

    np.testing.assert_array_equal(cache.recall("digits"), X)


def test_nothing_is_recalled_from_an_empty_cache():
    assert cache.recall("digits") is None


def cut_off(path):
    path.write_bytes(path.read_bytes()[:3_000])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[4_000] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def put_text(path):
    path.write_text("not an archive")


def put_another_array(path):
    with path.open("wb") as file:
        np.savez(file, y=X)


@pytest.mark.parametrize("damage", [cut_off, flip_a_bit, empty, put_text, put_another_array])
def test_a_damaged_array_is_forgotten(damage):
    cache.keep("digits", X)
    path = cache.folder() / "digits.npz"
    damage(path)

    assert cache.recall("digits") is None
    assert not path.exists()


def test_a_half_written_array_is_never_used():
    cache.keep("digits", X)
    whole = (cache.folder() / "digits.npz").read_bytes()
    (cache.folder() / "digits.npz").unlink()
    (cache.folder() / ".digits-abc.part").write_bytes(whole[:1_000])

    assert cache.recall("digits") is None


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    """A file stands where the folder should be; root may write anywhere else."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "file"))

    cache.keep("digits", X)

    assert cache.recall("digits") is None


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, a device that is always full")
def test_a_full_disk_leaves_nothing_behind(monkeypatch):
    """Every write goes to a device without room, as on a full disk; only that device is put in."""
    descriptors = []
    cache.folder().mkdir(parents=True)

    def full(prefix, suffix, dir):
        path = os.path.join(dir, f"{prefix}{suffix}")
        os.symlink("/dev/full", path)
        descriptors.append(os.open(path, os.O_WRONLY))
        return descriptors[-1], path

    monkeypatch.setattr(cache.tempfile, "mkstemp", full)
    cache.keep("digits", X)

    assert list(cache.folder().iterdir()) == []
    assert cache.recall("digits") is None


FOLDERS = {
    "named": ({"LAYERWISE_CACHE_DIR": "/a"}, "/a"),
    "Linux": ({"XDG_CACHE_HOME": "/b"}, "/b/layerwise/arrays"),
    "Windows": ({"LOCALAPPDATA": "/c"}, "/c/layerwise/arrays"),
    "home": ({"HOME": "/d"}, "/d/.cache/layerwise/arrays"),
}


@pytest.mark.parametrize(("settings", "folder"), FOLDERS.values(), ids=FOLDERS)
def test_the_cache_lies_where_the_system_keeps_such_things(settings, folder, monkeypatch):
    for name in ("LAYERWISE_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    assert cache.folder().as_posix() == folder
