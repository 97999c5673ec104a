"""Units of systemd and the container file: checked by systemd where it is here, commands run, paths there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from lionrock.cli import app
from lionrock.rulebook.verify import NOT_VERIFIED
from tests.gateways.rest.live import LiveServer
from tests.house.tree import ROOT
from tests.programs import run

SETUP = ROOT / "setup"
INSTALLED = "/opt/lionrock/.venv/bin"
SERVICES = ("lionrock.service", "lionrock-daily.service")
HARDENED = {
    "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "", "ProtectSystem": "strict",
    "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes", "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes", "ProtectClock": "yes",
    "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes", "RestrictRealtime": "yes", "LockPersonality": "yes",
    "SystemCallArchitectures": "native", "UMask": "0077", "User": "lionrock", "StateDirectoryMode": "0700",
}  # fmt: skip
MOST_EXPOSED = 20
"""Of systemd's own 100 for a service that nothing is taken from."""


def settings(name: str) -> list[tuple[str, str]]:
    """Every assignment of a unit, in its order."""
    lines = (SETUP / name).read_text("utf-8").splitlines()
    plain = [line for line in lines if line and not line.startswith(("#", "["))]
    return [(key, value) for key, _, value in (line.partition("=") for line in plain)]


def values(name: str, key: str) -> list[str]:
    return [value for found, value in settings(name) if found == key]


def commands(name: str) -> list[list[str]]:
    """What a unit runs, without the place where it is installed."""
    return [shlex.split(line.removeprefix(f"{INSTALLED}/")) for line in values(name, "ExecStart")]


@pytest.mark.shows("OPER-023")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_than_it_needs(name: str) -> None:
    told = dict(settings(name))
    assert {key: told.get(key) for key in HARDENED} == HARDENED
    assert values(name, "SystemCallFilter") == ["@system-service", "~@privileged"]
    families = {"lionrock.service": "AF_INET AF_INET6 AF_UNIX", "lionrock-daily.service": "AF_UNIX"}
    assert values(name, "RestrictAddressFamilies") == [families[name]]


@pytest.mark.shows("OPER-023")
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here to check its units")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    here = str(Path(sys.executable).parent)
    for name in (*SERVICES, "lionrock-daily.timer"):
        (tmp_path / name).write_text((SETUP / name).read_text("utf-8").replace(INSTALLED, here))
        checked = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", f"{tmp_path / name}"], capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, ""), name
    for name in SERVICES:
        exposed = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", f"{tmp_path / name}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert exposed.returncode == 0, exposed.stdout


@pytest.mark.shows("OPER-023")
def test_the_site_is_served_as_its_unit_says_reloaded_and_stopped_in_good_order(tmp_path: Path) -> None:
    (serve,) = commands("lionrock.service")
    assert serve[:2] == ["lionrock", "serve"]
    assert values("lionrock.service", "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert values("lionrock.service", "KillSignal") == ["SIGTERM"]
    options = [word for word in serve[2:] if word not in {"--data", "/var/lib/lionrock/data", "--port", "8000"}]
    server = LiveServer.plain(tmp_path / "data", *options)
    subprocess.run(["kill", "-HUP", f"{server.process.pid}"], check=True)
    assert server.get("/health").json()["alive"]
    assert server.stop() == 0


@pytest.mark.shows("OPER-023", "OPER-011")
def test_the_nights_work_is_a_backup_a_drill_and_a_pack(tmp_path: Path) -> None:
    """Run as the unit has it. A site of one day has open points, and the unit fails by that alone."""
    data = tmp_path / "state" / "data"
    two = ("--staff", "ann@example.com=1", "--staff", "bob@example.com=2")
    assert run("init", f"{data}", "--site", "hk", *two).returncode == 0
    assert LiveServer(data).stop() == 0

    def here(word: str) -> str:
        word = word.replace("/var/lib/lionrock", f"{tmp_path / 'state'}")
        return word.replace("/var/backups/lionrock", f"{tmp_path / 'backups'}")

    ended = [run(*(here(word) for word in words[1:])) for words in commands("lionrock-daily.service")]
    assert [each.returncode for each in ended] == [0, 0, 1], [each.stderr for each in ended]
    assert "OPEN: " in ended[2].stdout
    assert not any("backup" in line for line in ended[2].stdout.splitlines() if line.startswith("OPEN"))
    (pack,) = (tmp_path / "backups" / "packs").iterdir()
    assert run("rulebook", "verify", f"{pack}").returncode == NOT_VERIFIED
    (on,) = values("lionrock-daily.timer", "OnCalendar")
    assert re.fullmatch(r"\*-\*-\* 0[2-6]:\d\d:\d\d [A-Z][a-z]+/[A-Za-z_]+", on), "after the papers, before the day"


def instructions() -> list[tuple[str, str]]:
    """Of the container file, each in one line."""
    text = (SETUP / "Containerfile").read_text("utf-8")
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [
        (kind, " ".join(rest.split())) for kind, _, rest in (line.partition(" ") for line in plain.splitlines() if line)
    ]


def told(kind: str) -> list[str]:
    return [rest for found, rest in instructions() if found == kind]


@pytest.mark.shows("OPER-023")
def test_an_image_is_made_of_what_is_here_by_the_commands_of_the_readme() -> None:
    bases = {each.split()[0] for each in told("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases.pop()), "a base is named by its version"
    for copied in told("COPY"):
        *sources, _ = (word for word in copied.split() if not word.startswith("--"))
        if "--from=" not in copied:
            assert [source for source in sources if not (ROOT / source).exists()] == []
    made = [each for each in told("RUN") if each.startswith("make ")]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert made == ["make setup"]
    assert re.search(r"^make setup$", readme, re.MULTILINE)
    ignored = (ROOT / ".containerignore").read_text("utf-8").split()
    assert {".git", ".venv", "data"} <= set(ignored), "no key and no site's data gets into an image"


@pytest.mark.shows("OPER-023")
def test_an_image_runs_as_nobody_in_particular_and_serves() -> None:
    (user,) = told("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), "a number, so that an engine sees that it is not root"
    kinds = [kind for kind, _ in instructions()]
    assert kinds.index("USER") > len(kinds) - 1 - kinds[::-1].index("COPY"), "what is copied belongs to root"
    entry, words = (json.loads(told(kind)[0]) for kind in ("ENTRYPOINT", "CMD"))
    assert entry == [f"{INSTALLED}/lionrock"]
    serve = typer.main.get_command(app).get_command(None, words[0])  # type: ignore[attr-defined]
    assert serve.make_context("serve", words[1:]).params["host"] == "0.0.0.0"  # noqa: S104 the image's own network
    assert told("STOPSIGNAL") == ["SIGTERM"]
    assert told("VOLUME") == ["/var/lib/lionrock"]


def test_the_makefile_asks_of_pip_only_what_debians_own_knows(tmp_path: Path) -> None:
    """A venv has the pip of the Python that made it, on Debian 12 an old one: what it lacks ends the set-up."""
    python = Path("/usr/bin/python3")
    if not python.exists() or subprocess.run([python, "-c", "import ensurepip"], check=False).returncode:
        pytest.skip("there is no /usr/bin/python3 with a pip of its own (apt install python3-venv)")
    subprocess.run([python, "-m", "venv", tmp_path / "venv"], check=True)
    shown = subprocess.run(
        [tmp_path / "venv" / "bin" / "pip", "install", "--help"], check=True, capture_output=True, text=True
    ).stdout
    lines = re.findall(
        r"^(?:PIP|BUILD)\s*:=.*|^\t(?:  )?.*\$\((?:PIP|BUILD)\).*(?:\\\n.*)*",
        (ROOT / "Makefile").read_text("utf-8"),
        re.MULTILINE,
    )
    asked = {option for line in lines for option in re.findall(r"(?<=\s)--?[A-Za-z][\w-]*", line)}
    assert {"--config-settings", "--require-hashes"} <= asked
    assert {option for option in asked if not re.search(rf"(?<![\w-]){option}\b", shown)} == set()
