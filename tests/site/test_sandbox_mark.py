"""A regulator who is handed a sandbox's bundle, or one of another regime, reads so in it: it cannot be left out."""

from __future__ import annotations

import asyncio
import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.rulebook import verify
from lionrock.rulebook.canonical import canonical
from lionrock.site.rulebook_run import open_facts
from lionrock.site.sandbox_mark import was_sandbox
from lionrock.site.signing import notary_of
from tests.gateways.rest.live import LiveServer
from tests.site.at_work import AtWork

AT = ("--as-of", "2027-01-31")
"""After the runs by the tests' own clock."""


def told(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["rulebook", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def bundled(directory: Path, out: Path, site: str = "hk", as_of: tuple[str, ...] = AT) -> dict[str, Any]:
    options = ("--data", f"{directory}", "--out", f"{out}", "--json", *as_of)
    made: dict[str, Any] = json.loads(told("bundle", "--site", site, *options))
    return made


async def worked(directory: Path, *, as_sandbox: bool) -> None:
    async with AtWork(directory).opened() as site:
        if as_sandbox:
            for _ in range(2):
                await site.site.sandbox.set(site.site.node)
            assert len(site.site.sandbox.all) == 1
        await site.rooms.rulebook.run()
        report = site.rooms.rulebook.report(site.now_ns)
        assert [mark.value for mark in report.marks] == (["sandbox"] if as_sandbox else [])


@pytest.mark.shows("RULE-021")
async def test_a_bundle_of_a_sandbox_says_so_in_itself_in_words_and_in_json(tmp_path: Path) -> None:
    directory, out = tmp_path / "data", tmp_path / "sandbox.bundle"
    await worked(directory, as_sandbox=True)
    made = await asyncio.to_thread(bundled, directory, out)
    assert made["marks"] == ["sandbox"]
    contents = json.loads(json.loads(out.read_text())["contents"])
    assert contents["report"]["marks"] == json.loads(contents["run"])["marks"] == ["sandbox"]
    key = made["public_key"]
    found = json.loads(told("verify", f"{out}", "--public-key", key, "--json"))
    assert (found["sound"], found["marks"], found["site"]) == (True, ["sandbox"], "hk")
    words = told("verify", f"{out}", "--public-key", key)
    assert words.startswith("ATTENTION             this is a sandbox, where anybody funds an account")
    del contents["report"]["marks"]
    text = canonical(contents).decode()
    notary = notary_of(directory)
    assert notary is not None
    note = notary.sign_text(verify.signed_text("hk", sha256(text.encode()).hexdigest()))
    out.write_text(json.dumps({"kind": verify.KIND, "contents": text, "signature": note}))
    hidden = json.loads(told("verify", f"{out}", "--public-key", key, "--json", code=1))
    assert hidden["faults"] == [f"it does not tell that {verify.MARKS['sandbox']}"], "signed by the venue itself"


@pytest.mark.shows("RULE-021")
async def test_a_sandbox_stays_one_however_its_rules_are_run_later(tmp_path: Path) -> None:
    """Its journal says so: neither a start without the option nor a run on the directory washes it."""
    directory, out = tmp_path / "data", tmp_path / "sandbox.bundle"
    await worked(directory, as_sandbox=True)

    def run_alone() -> None:
        with open_facts(directory):
            pass

    await asyncio.to_thread(run_alone)
    assert (await asyncio.to_thread(bundled, directory, out, "hk", ()))["marks"] == ["sandbox"]
    contents = json.loads(json.loads(out.read_text())["contents"])
    assert json.loads(contents["run"])["marks"] == ["sandbox"]
    checked = await asyncio.to_thread(told, "check", "--site", "hk", "--data", f"{directory}", code=1)
    assert checked.startswith("ATTENTION: this is a sandbox")


@pytest.mark.shows("RULE-021")
async def test_a_bundle_of_another_regime_says_so_and_is_not_sound(tmp_path: Path) -> None:
    directory, out = tmp_path / "data", tmp_path / "other.bundle"
    await worked(directory, as_sandbox=False)
    own = await asyncio.to_thread(bundled, directory, out)
    assert own["marks"] == []
    key = own["public_key"]
    assert json.loads(told("verify", f"{out}", "--public-key", key, "--json"))["sound"]
    named = await asyncio.to_thread(bundled, directory, out, "HK-VATP")
    assert named["marks"] == [], "its own licence by name"
    assert json.loads(told("verify", f"{out}", "--public-key", key, "--json"))["sound"]
    for other in ("mena", "hk,vara"):
        assert (await asyncio.to_thread(bundled, directory, out, other))["marks"] == ["other_regime"]
        found = json.loads(told("verify", f"{out}", "--public-key", key, "--json", code=1))
        assert (found["sound"], found["marks"]) == (False, ["other_regime"])
        words = told("verify", f"{out}", "--public-key", key, code=1)
        assert words.startswith(f"ATTENTION             {verify.MARKS['other_regime']}")
    for form in ("json", "pdf", "xlsx"):
        options = ("--format", form, "--out", f"{tmp_path / form}.{form}", "--as-of", "2027-01-31")
        told("report", "--site", "mena", "--data", f"{directory}", *options, code=1)
    assert json.loads((tmp_path / "json.json").read_text())["marks"] == ["other_regime"]
    page = pypdf.PdfReader(io.BytesIO((tmp_path / "pdf.pdf").read_bytes())).pages[0].extract_text()
    assert "THESE RULES ARE NOT THOSE OF THE LICENCES OF THE SITE" in page
    assert openpyxl.load_workbook(tmp_path / "xlsx.xlsx").sheetnames[0] == "OTHER REGIME"


@pytest.mark.shows("RULE-021")
def test_serving_a_sandbox_marks_its_journal_and_nothing_else_does(tmp_path: Path) -> None:
    for options, is_one in ((("--site", "hk"), False), (("--site", "hk", "--sandbox"), True), (("--sandbox",), True)):
        directory = tmp_path / "-".join(options).replace("--", "")
        server = LiveServer(directory, *options)
        assert server.stop() == 0
        assert was_sandbox(directory) is is_one
