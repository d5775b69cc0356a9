"""The files by which the project is set up, checked and run hold together."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from stations.settings import REPOSITORY

NEEDED_BY_DOCKER = ("pyproject.toml", "README.md", "LICENSE", "requirements.lock")


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_make_help_names_every_target_that_people_use() -> None:
    listed = run("make", "--no-print-directory").stdout
    for target in ("demo", "test", "check", "format", "lock", "serve", "web", "clean"):
        assert re.search(rf"^  make {target} +\w", listed, re.MULTILINE), target


def test_demo_and_test_prepare_everything_before_they_begin() -> None:
    for target, stage in (("demo", "run"), ("serve", "run"), ("check", "check"), ("test", "test")):
        planned = run("make", "--dry-run", target).stdout.splitlines()
        assert planned[0].endswith(f"bootstrap.sh {stage}"), target
        assert len(planned) > 1, target


def test_clean_never_touches_the_data() -> None:
    planned = run("make", "--dry-run", "clean").stdout
    assert "rm -rf" in planned
    assert ".data" not in planned


def test_bootstrap_is_plain_shell_and_says_how_it_is_used() -> None:
    assert run("sh", "-n", "bootstrap.sh").returncode == 0
    asked = run("sh", "bootstrap.sh")
    assert asked.returncode == 2
    for stage in ("run", "check", "test", "packages", "lock"):
        assert f"bootstrap.sh {stage} " in asked.stderr


@pytest.mark.parametrize(("lang", "word"), [("zh", "请运行"), ("en", "Run this one")])
def test_bootstrap_prints_the_one_command_where_it_may_not_install(
    tmp_path: Path, lang: str, word: str
) -> None:
    """On a stage of our own: a PATH where Python is missing and the user is not root."""
    for name in ("sh", "dirname", "mktemp", "rm", "tr", "sed", "sort", "tail", "cut", "grep"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    for name, says in {"id": "echo 1000", "apt-get": "false", "apt-cache": ":"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None
    answer = run(shell, "bootstrap.sh", "check", PATH=str(tmp_path), NUANYI_LANG=lang)
    assert answer.returncode == 1
    assert word in answer.stderr
    assert "apt-get install -y --no-install-recommends python3-venv'" in answer.stderr


def test_ci_calls_what_people_call() -> None:
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)
    assert "make check test" in read(".ci/run")
    assert "set -euo pipefail" in read(".ci/run")


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "web/requirements-node.lock"]
)
def test_locks_have_hashes_and_no_addresses(name: str) -> None:
    lock = read(name)
    assert "://" not in lock
    assert not re.search(r"^--", lock, re.MULTILINE)
    for block in re.split(r"\n(?=\S)", lock.strip()):
        assert "--hash=sha256:" in block, block


def test_every_dependency_is_locked_and_the_developers_lock_agrees() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(
            re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^\s;]+)", read(name), re.MULTILINE)
        )

    project = tomllib.loads(read("pyproject.toml"))["project"]
    run_time, developers = pins("requirements.lock"), pins("requirements-dev.lock")
    asked = [*project["dependencies"], *project["optional-dependencies"]["build"]]
    for requirement in asked:
        assert re.match(r"[a-z0-9-]+", requirement)[0] in run_time, requirement  # type: ignore[index]
    for requirement in project["optional-dependencies"]["dev"]:
        assert re.match(r"[a-z0-9-]+", requirement)[0] in developers, requirement  # type: ignore[index]
    assert {name: developers.get(name) for name in run_time} == run_time


def test_the_image_copies_what_is_there_and_leaves_the_rest_out() -> None:
    dockerfile, ignored = read("Dockerfile"), read(".dockerignore").splitlines()
    assert ignored[1] == "*"
    for name in (*NEEDED_BY_DOCKER, "api", "geo", "seeds", "stations", "web"):
        assert f"!{name}" in ignored, name
        assert re.search(rf"^COPY .*\b{re.escape(name)}\b", dockerfile, re.MULTILINE), name
        assert (REPOSITORY / name).exists(), name
    assert dockerfile.index("USER nuanyi") < dockerfile.index("CMD [")
    assert "/v1/health/live" in dockerfile


def test_compose_publishes_the_service_to_this_machine_only_and_holds_no_password() -> None:
    compose = read("docker-compose.yml")
    assert re.findall(r'^ +- "([^"]*:\d+)"$', compose, re.MULTILINE) == [
        "127.0.0.1:${NUANYI_PORT:-8000}:8000"
    ]
    assert compose.count("ports:") == 1
    secrets = re.findall(r"(?:POSTGRES_PASSWORD|PGPASSWORD): (.*)", compose)
    assert len(secrets) == 2
    assert all(value.startswith("${NUANYI_DB_PASSWORD:?") for value in secrets)
    assert "condition: service_healthy" in compose
    major = re.search(r"image: postgis/postgis:(\d+)-", compose)
    assert major is not None
    assert f"postgresql-client-{major[1]} " in read("Dockerfile"), "or a restore may fail"


def test_a_compose_client_understands_the_file() -> None:
    clients = (["docker-compose"], ["docker", "compose"])
    usable = [x for x in clients if shutil.which(x[0]) and run(*x, "version").returncode == 0]
    if not usable:
        pytest.skip("no compose client on this machine; the file's rules are checked above")
    config = [*usable[0], "-f", "docker-compose.yml", "config"]
    understood = run(*config, NUANYI_DB_PASSWORD="x", HOME="/nonexistent")
    assert understood.returncode == 0, understood.stderr
    assert "service_healthy" in understood.stdout
    refused = run(*config, NUANYI_DB_PASSWORD="", HOME="/nonexistent")
    assert refused.returncode != 0
    assert "NUANYI_DB_PASSWORD" in refused.stderr
