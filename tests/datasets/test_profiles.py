import os
import subprocess
import sys
import time

import pytest

from layerwise_datasets import Accelerator, accelerator, describe_run, load, online, profile
from layerwise_datasets.errors import DataError, UnknownName

SIZES = {"smoke": 1, "cpu": 5, "gpu": 30, "tpu": 40}
CHOSEN = {
    "its own entry": ("gpu", SIZES, 30),
    "tpu falls to gpu": ("tpu", {"smoke": 1, "cpu": 5, "gpu": 30}, 30),
    "tpu falls to cpu": ("tpu", {"smoke": 1, "cpu": 5}, 5),
    "gpu never takes tpu's": ("gpu", {"cpu": 5, "tpu": 40}, 5),
    "cpu falls to smoke": ("cpu", {"smoke": 1, "gpu": 30}, 1),
    "an entry may be anything": ("smoke", {"smoke": ("digits", None)}, ("digits", None)),
    "an entry may be None": ("gpu", {"smoke": 200, "gpu": None}, None),
}


@pytest.mark.parametrize(("name", "sizes", "size"), CHOSEN.values(), ids=CHOSEN)
def test_profile_takes(name, sizes, size, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", name)

    assert profile(**sizes) == size
    assert profile() == name


def test_without_a_setting_the_device_decides(monkeypatch):
    monkeypatch.delenv("COURSE_PROFILE", raising=False)

    assert profile() == accelerator().kind
    assert profile(**SIZES) == SIZES[accelerator().kind]


REFUSED = {
    "unknown setting": ("fast", SIZES, UnknownName, 'no profile "fast". There are: cpu, gpu, smoke, tpu'),
    "misspelt setting": ("smoek", SIZES, UnknownName, 'Did you mean "smoke"'),
    "misspelt entry": ("cpu", {"smok": 1}, UnknownName, 'no profile "smok". Did you mean "smoke"'),
    "nothing small enough": ("smoke", {"cpu": 5}, DataError, "has no entry for 'smoke' or a smaller one"),
}


@pytest.mark.parametrize(("name", "sizes", "error", "sentence"), REFUSED.values(), ids=REFUSED)
def test_profile_says_why_it_refuses(name, sizes, error, sentence, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", name)

    with pytest.raises(error, match=sentence):
        profile(**sizes)


def test_a_set_profile_needs_no_backend():
    """A fresh process: this one may have imported Keras already."""
    code = "from layerwise_datasets import profile; import sys; print(profile(smoke=1), 'keras' in sys.modules)"
    environment = {**os.environ, "COURSE_PROFILE": "smoke"}

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)

    assert done.stdout == "1 False\n"


BACKENDS = {
    "jax": ("", "jax"),
    "tensorflow": ("", "tensorflow"),
    "numpy": ("", "numpy"),
    "no Keras": ("import sys; sys.modules['keras'] = None; ", "none"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("before", "backend"), BACKENDS.values(), ids=BACKENDS)
def test_the_accelerator_asks_the_active_backend(before, backend):
    """A process has one backend for life, so each needs its own."""
    code = (
        f"{before}from layerwise_datasets import accelerator; a = accelerator(); print(a.backend, a.kind, a.count > 0)"
    )
    environment = {**os.environ, "KERAS_BACKEND": backend.replace("none", "jax"), "CUDA_VISIBLE_DEVICES": ""}

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)

    assert done.stdout == f"{backend} cpu True\n"


def test_the_accelerator_names_itself():
    found = accelerator()

    assert isinstance(found, Accelerator)
    assert str(found) == found.label
    assert accelerator() is found


def test_offline_is_decided_at_once(monkeypatch):
    monkeypatch.setenv("LAYERWISE_OFFLINE", "1")

    assert online() is False


def test_asking_for_the_network_takes_no_longer_than_allowed():
    start = time.perf_counter()
    online(seconds=0.2)

    assert time.perf_counter() - start < 5 * 0.2


def test_the_card_tells_device_profile_data_and_time(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    card = describe_run(load("digits"), load("rings"), minutes=profile(smoke=0.5, cpu=5))

    text = repr(card)
    assert [line.split("  ")[0] for line in text.splitlines()] == [
        "backend", "device", "profile", "data: digits, train", "data: rings, train", "computing",
    ]  # fmt: skip
    assert "smoke (set COURSE_PROFILE" in text
    assert text.endswith("about 30 s")


def test_the_card_is_a_table_with_row_headings_in_a_notebook():
    html = describe_run(load("digits"), minutes=2)._repr_html_()

    assert html.count("<tr>") == html.count('<th scope="row"') == 5
    assert "about 2 min" in html
    assert "Alpaydin &amp; Kaynak" in html
