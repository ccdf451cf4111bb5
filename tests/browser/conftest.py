"""A real JupyterLab and a real browser. Screenshots go to ``artefacts/browser``."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from small_course import course, small_course  # noqa: F401  (fixtures)

from layerwise_grader import lab

SHOTS = Path(__file__).parents[2] / "artefacts" / "browser"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SECONDS_TO_START = 60


@pytest.fixture(scope="session")
def chromium():
    """A browser: Debian's own, because Playwright's is not downloaded."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        missing = 'There is no "chromium" on the PATH. Install Debian\'s package chromium to run the browser tests.'
        pytest.fail(missing) if "CI" in os.environ else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shots():
    """The folder for screenshots."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS


@pytest.fixture
def jupyterlab(course, tmp_path, monkeypatch):  # noqa: F811
    """The address of a JupyterLab started as ``layerwise lab`` starts it, with settings of its own."""
    for kind in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(kind, str(tmp_path / kind.lower()))
    for kind in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"):
        monkeypatch.setenv(kind, str(tmp_path / kind.lower()))
    port = lab.choose_port(None)
    command = [*lab.command(course, port=port, browser=False), "--IdentityProvider.token=a-token"]
    (course / "work").mkdir(exist_ok=True)
    log = tmp_path / "jupyterlab.log"
    with log.open("w") as output:
        environment = lab.surroundings(course, os.environ)
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://localhost:{port}/api?token=a-token", server, log)
            yield f"http://localhost:{port}/lab?token=a-token&reset"
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(address, server, log):
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"JupyterLab ended with code {server.returncode}:\n{log.read_text()[-3000:]}")
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)  # the only event that a starting server gives is that it answers
    pytest.fail(f"JupyterLab did not answer within {SECONDS_TO_START} seconds:\n{log.read_text()[-3000:]}")
