"""What holds for the checkout as a whole: its names, its dependencies, its commands."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGES = {"layerwise_grader": ROOT / "grader", "layerwise_datasets": ROOT / "datasets"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAKEFILE = (ROOT / "Makefile").read_text()

TOP_LEVEL = {
    *("solutions", "course", "grader", "datasets", "tests"),
    *("README.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "environment.yml", "nbgrader_config.py"),
    *("pyproject.toml", "requirements.lock", ".ci", ".github", ".gitignore", ".pre-commit-config.yaml"),
}
HEAVY = {"tensorflow", "keras", "jax", "matplotlib", "sklearn", "scipy", "nbgrader"}
# Imported only where a learner runs Keras on it (torch), or where a notebook runs us (IPython).
BROUGHT_ALONG = {"IPython", "torch"}
# Written so that this file does not contain what it looks for.
PLACES = re.compile("|".join(["/ro" + "ot/", "/wo" + "rk/main", "/home/" + r"(?!ada\b)\w+/", "/opt/" + "pypi"]))
REGISTRIES = re.compile("(--)?(extra-)?" + "index-url|--find" + "-links|pypi" + r"\.org/simple")


def normal(name: str) -> str:
    """A distribution's name as PEP 503 writes it, out of a requirement."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;@]", name)[0]).lower()


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def declared() -> set[str]:
    """The distributions that pyproject.toml names, whatever the extra."""
    extras = PROJECT["optional-dependencies"].values()
    return {normal(name) for names in (PROJECT["dependencies"], *extras) for name in names} - {"layerwise"}


def locked(text: str) -> dict[str, set[str]]:
    """The pinned versions in a lock, by distribution."""
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE):
        pins.setdefault(normal(name), set()).add(version)
    return pins


# --- names -----------------------------------------------------------------------------------------------------------


def test_the_top_level_holds_only_what_belongs_there():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


def test_no_tracked_file_names_a_place_on_somebodys_machine():
    found = [f"{path.relative_to(ROOT)}: {match}" for path in tracked() for match in matches(path, PLACES)]

    assert found == []


def test_no_build_file_names_a_package_index():
    files = [
        path for path in tracked() if path.suffix in {".lock", ".toml", ".yml", ".yaml"} or path.name == "Makefile"
    ]
    found = [f"{path.name}: {match}" for path in files for match in matches(path, REGISTRIES)]

    assert set(found) <= {"Makefile: index-url"}  # make lock switches it off: --no-emit-index-url


def matches(path: Path, pattern: re.Pattern[str]) -> set[str]:
    text = path.read_bytes().decode("utf-8", "ignore")
    return {match.group() for match in pattern.finditer(text)}


def test_both_licences_are_named_and_packaged():
    text = (ROOT / "LICENSE").read_text()

    assert "Apache License" in text
    assert "CC BY 4.0" in text
    assert PROJECT["license-files"] == ["LICENSE"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_data_file_of_a_package_is_installed_with_it(package):
    """An editable installation has them all anyway, so nobody would notice."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    folder = PACKAGES[package] / package
    packaged = {path for pattern in settings[package] for path in folder.glob(pattern)}

    assert {path for path in tracked() if folder in path.parents and path.suffix != ".py"} <= packaged


# --- imports ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_imports_nothing_heavy_and_says_nothing(package):
    code = f"import sys, {package}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert HEAVY & set(run.stdout.split()) == set()
    assert run.stderr == ""


def imported(package: str) -> Iterator[tuple[str, str]]:
    """Every absolute import in the package: the file and the top-level name."""
    for path in (PACKAGES[package] / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path.name, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield path.name, node.module.partition(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_imported_name_is_declared(package):
    providers = importlib.metadata.packages_distributions()
    own = {*sys.stdlib_module_names, *PACKAGES, *BROUGHT_ALONG}
    undeclared = {
        f"{name} in {file}"
        for file, name in imported(package)
        if name not in own and not {normal(provider) for provider in providers.get(name, [])} & declared()
    }

    assert undeclared == set()


# --- the lock and the environments made from it ----------------------------------------------------------------------


def test_the_lock_pins_everything_that_is_declared():
    lock = (ROOT / "requirements.lock").read_text()

    assert declared() - set(locked(lock)) == set()
    assert all("--hash=sha256:" in block for block in re.findall(r"^\S+==(?:.*\\\n)*.*", lock, re.MULTILINE))


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("uv"), reason="uv is not installed")
def test_the_lock_is_what_make_lock_computes(tmp_path):
    """Only a resolver sees that a floor or a constraint was changed and the lock was not."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    run = subprocess.run(["make", "lock", "ARGS="], cwd=tmp_path, capture_output=True, text=True)
    if run.returncode and re.search("dns error|error sending request|Failed to fetch", run.stderr):
        pytest.skip("there is no network")

    assert run.returncode == 0, run.stderr
    assert locked((tmp_path / "requirements.lock").read_text()) == locked((ROOT / "requirements.lock").read_text())


def conda() -> tuple[list[str], list[str]]:
    """environment.yml as conda reads it: its own packages, and the lines that it hands to pip."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return [entry for entry in entries if isinstance(entry, str)], [
        line for entry in entries if isinstance(entry, dict) for line in entry["pip"]
    ]


def test_conda_gets_a_python_that_the_lock_is_for_and_the_lock_itself():
    packages, lines = conda()

    assert packages == ["python=3.11", "pip"]
    assert lines == ["-r requirements.lock"]


@pytest.mark.slow
def test_the_pip_part_of_the_conda_environment_resolves(tmp_path):
    """Only an installer tells whether it accepts these lines, hashes included, and finds nothing left to install."""
    _, lines = conda()
    # conda writes them into a file beside environment.yml and gives that to pip.
    requirements = tmp_path / "condaenv.txt"
    requirements.write_text("\n".join(lines).replace("requirements.lock", str(ROOT / "requirements.lock")))
    if shutil.which("uv"):
        command = ["uv", "pip", "install", "--offline", "--dry-run", "--python", sys.executable]
    elif importlib.util.find_spec("pip"):
        command = [sys.executable, "-m", "pip", "install", "--no-index", "--dry-run"]
    else:
        pytest.skip("uv made this environment and has gone since; there is no pip in it")
    run = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True)

    assert run.returncode == 0, run.stderr
    assert "Would install" not in run.stdout + run.stderr


# --- commands --------------------------------------------------------------------------------------------------------


def test_every_make_target_has_a_line_of_help():
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    helped = set(re.findall(r"^([a-z]+):.*?## \S", MAKEFILE, re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())

    assert targets == helped == phony


def test_make_alone_prints_the_targets():
    run = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert {"make env", "make lab", "make test", "make quick", "make demo"} <= set(re.findall(r"make \w+", run.stdout))


def test_ci_runs_make_test_last():
    script = ROOT / ".ci" / "run"

    assert script.read_text().splitlines()[-1] == "make test"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script]).returncode == 0


def test_the_workflow_runs_the_same_commands():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]

    assert [run for run in runs if run.startswith((".ci", "make"))] == [".ci/run", "make quick"]


def test_every_pre_commit_hook_is_a_program_of_the_environment():
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = [hook for repository in repositories for hook in repository["hooks"]]

    assert {repository["repo"] for repository in repositories} == {"local"}
    assert all(Path(sys.executable).with_name(Path(hook["entry"].split()[0]).name).exists() for hook in hooks)
