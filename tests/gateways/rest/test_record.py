"""The signed record over HTTP, checked with what is not the venue's: the one-file verifier, and a browser's program."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lionrock.journal import verify
from lionrock.people.staff.roles import Role
from tests.gateways.rest.inside import Inside, reason_of
from tests.gateways.rest.live import LiveServer
from tests.gateways.rest.staff.desk import enrolled
from tests.gateways.rest.wallets import in_time
from tests.house.tree import ROOT
from tests.programs import NODE

LATEST, CONSISTENCY = "/lionrock/v1/checkpoints/latest", "/lionrock/v1/checkpoints/consistency"
ENTRY, ENTRIES = "/lionrock/v1/proofs/entry", "/lionrock/v1/history/entries"
PAGE = (ROOT / "docs" / "verify.md").read_text("utf-8")
(PROGRAM,) = re.findall(r"^```js\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
async def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inside]:
    """A site that signs a checkpoint soon after each command."""
    monkeypatch.setattr("lionrock.node.node.INTERVAL_SECONDS", 0.02)
    async with Inside(tmp_path).open() as opened:
        yield opened


async def covered(inside: Inside) -> dict[str, Any]:
    """The newest checkpoint, once it covers everything."""
    last = str(inside.site.node.engine.last_sequence)
    async with asyncio.timeout(20):
        while True:
            answer = await inside.request("GET", LATEST)
            if answer.status_code == 200 and answer.json()["sequence"] == last:
                return dict(answer.json())
            await asyncio.sleep(0.02)


def in_javascript(told: str, answers: dict[str, Any], public_key: str) -> object:
    """What the program of the page finds, with `answers`, `key` and `kept` at hand."""
    source = f"{PROGRAM}\nconst answers = {json.dumps(answers)}, key = base64({json.dumps(public_key)});\n"
    source += (
        f"{told}.then((found) => console.log(JSON.stringify(found)), (e) => console.log(JSON.stringify(e.message)));"
    )
    done = subprocess.run([NODE, "-"], input=source, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "Warning" not in line][:3]) == (0, []), done
    return json.loads(done.stdout)


@pytest.mark.shows("PUBL-010")
async def test_the_newest_checkpoint_is_what_an_auditor_reads(inside: Inside) -> None:
    await inside.account(BTC="1")
    told = await covered(inside)
    assert told["note"].startswith(f"{told['origin']}\n{told['treeSize']}\n")
    assert inside.site.node.journal_id.hex() not in json.dumps(told)
    root = base64.b64encode(bytes.fromhex(told["rootHash"])).decode()
    assert told["note"].splitlines()[2] == root
    assert told["keyName"] == told["verifierKey"].partition("+")[0]
    key = (inside.directory / "checkpoints" / "public-key").read_text().strip()
    assert told["verifierKey"] == key
    assert base64.b64decode(told["publicKey"]) == base64.b64decode(key.split("+", 2)[2])[1:]
    proof = {"kind": "consistency", "path": [], "old_checkpoint": told["note"], "checkpoint": told["note"]}
    path = inside.directory / "proof.json"
    path.write_text(json.dumps(proof))
    assert verify.check_proof(path, [verify.read_key(key)])[1] == []


@pytest.mark.shows("PUBL-010")
async def test_before_the_first_checkpoint_there_is_a_time_to_ask_again(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        answer = await inside.request("GET", LATEST)
        assert reason_of(answer) == "no_checkpoint_yet"
        at_ms = int(answer.json()["lionrock"]["figures"]["next_checkpoint_ms"])
        assert 0 < at_ms - inside.now_ns // 1_000_000 <= 60_000


@pytest.mark.shows("PUBL-011")
async def test_a_kept_checkpoint_is_the_beginning_of_every_later_one(inside: Inside) -> None:
    kept = []
    for _ in range(4):
        await inside.account(BTC="1")
        kept.append(await covered(inside))
    for old in kept:
        answer = (await inside.request("GET", f"{CONSISTENCY}?from={old['treeSize']}")).json()
        path = [bytes.fromhex(each) for each in answer["path"]]
        old_root, size = bytes.fromhex(old["rootHash"]), int(answer["checkpoint"]["treeSize"])
        roots = verify.roots_by_consistency(int(old["treeSize"]), size, path, old_root)
        assert roots == (old_root, bytes.fromhex(answer["checkpoint"]["rootHash"]))
    size = int(kept[-1]["treeSize"])
    for wrong in ("", "?from=0", "?from=-1", "?from=x"):
        assert (await inside.request("GET", CONSISTENCY + wrong)).json()["code"] == "0001"
    assert reason_of(await inside.request("GET", f"{CONSISTENCY}?from={size + 1}")) == "tree_not_so_large"


@pytest.mark.shows("PUBL-011")
async def test_a_browser_checks_that_nothing_was_rewritten(inside: Inside) -> None:
    kept = await covered(inside)
    for _ in range(3):
        await inside.account(BTC="1")
    newest = await covered(inside)
    answer = (await inside.request("GET", f"{CONSISTENCY}?from={kept['treeSize']}")).json()
    answers = {"kept": kept, "growth": answer, "changed": answer | {"path": [*answer["path"][:-1], "00" * 32]}}
    check = "readCheckpoint(answers.kept.note, key).then((kept) => checkGrowth(kept, answers.{}, key))"
    assert in_javascript(check.format("growth"), answers, newest["publicKey"]) is True
    assert in_javascript(check.format("changed"), answers, newest["publicKey"]) is False
    other = base64.b64encode(bytes(32)).decode()
    assert in_javascript(check.format("growth"), answers, other) == "not signed by this key"


@pytest.mark.shows("PUBL-013")
async def test_staff_check_a_frame_alone(inside: Inside) -> None:
    auditor = await enrolled(inside, "auditor@example.com", Role.AUDITOR)
    key = await inside.account(BTC="1")
    sequence = inside.site.node.engine.last_sequence
    await covered(inside)
    told = await auditor.done("GET", f"audit/proof?sequence={sequence}")
    frame = base64.b64decode(told["frame"])
    assert key.account_id.to_bytes(8, "little") in frame
    assert int(told["firstSequence"]) <= sequence <= int(told["lastSequence"])
    assert int.from_bytes(frame[24:32], "little") == int(told["firstSequence"])
    verified_root = verify.root_by_inclusion(
        bytes.fromhex(told["leafHash"]),
        int(told["leafIndex"]),
        int(told["checkpoint"]["treeSize"]),
        [bytes.fromhex(each) for each in told["path"]],
    )
    assert verified_root.hex() == told["checkpoint"]["rootHash"]
    proof = {
        "kind": "inclusion",
        "index": int(told["leafIndex"]),
        "frame_hash": told["frameHash"],
        "path": told["path"],
        "checkpoint": told["checkpoint"]["note"],
        "frame": told["frame"],
    }
    path = inside.directory / "proof.json"
    path.write_text(json.dumps(proof))
    found, faults = verify.check_proof(path, [verify.read_key(told["checkpoint"]["verifierKey"])])
    assert faults == [], found
    logged = [each for each in inside.site.staff.audit.entries(most=1_000) if each.event == "frame read"]
    assert [(each.staff_id, each.subject) for each in logged] == [
        (auditor.staff_id, f"{told['firstSequence']} to {told['lastSequence']}")
    ]
    clerk = await enrolled(inside, "clerk@example.com", Role.CUSTOMER_SERVICE)
    assert reason_of(await clerk.send("GET", f"audit/proof?sequence={sequence}")) == "role_missing"
    assert reason_of(await auditor.send("GET", "audit/proof?sequence=999999")) == "sequence_unknown"
    for wrong in ("", "?sequence=0", "?sequence=x"):
        assert (await auditor.send("GET", "audit/proof" + wrong)).json()["code"] == "0001"


@pytest.mark.shows("PUBL-013")
async def test_a_browser_checks_a_frame(inside: Inside) -> None:
    auditor = await enrolled(inside, "auditor@example.com", Role.AUDITOR)
    await inside.account(BTC="1")
    sequence = inside.site.node.engine.last_sequence
    await covered(inside)
    told = await auditor.done("GET", f"audit/proof?sequence={sequence}")
    frame = bytearray(base64.b64decode(told["frame"]))
    frame[-1] ^= 1
    answers = {
        "right": told,
        "changed": told | {"frame": base64.b64encode(frame).decode()},
        "another": told | {"sequence": str(int(told["lastSequence"]) + 1)},
        "elsewhere": told | {"leafIndex": str(int(told["leafIndex"]) - 1)},
    }
    for name, holds in (("right", True), ("changed", False), ("another", False), ("elsewhere", False)):
        found = in_javascript(f"checkInclusion(answers.{name}, key)", answers, told["checkpoint"]["publicKey"])
        assert found is holds, name


@pytest.mark.shows("PUBL-013")
async def test_what_no_checkpoint_covers_yet_is_refused_with_the_time(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as first:
        await first.account(BTC="1")
    async with Inside(tmp_path).open() as inside:
        auditor = await enrolled(inside, "auditor@example.com", Role.AUDITOR)
        covered_sequence = int((await inside.request("GET", LATEST)).json()["sequence"])
        await inside.account(BTC="1")
        answer = await auditor.send("GET", f"audit/proof?sequence={inside.site.node.engine.last_sequence}")
        assert (answer.json()["code"], reason_of(answer)) == (-1007, "not_covered_yet")
        figures = answer.json()["lionrock"]["figures"]
        assert int(figures["covered_sequence"]) == covered_sequence
        assert 0 < int(figures["next_checkpoint_ms"]) - inside.now_ns // 1_000_000 <= 60_000
        assert (await auditor.send("GET", f"audit/proof?sequence={covered_sequence}")).status_code == 200


@pytest.mark.shows("PUBL-012")
def test_an_owner_checks_their_own_entry_and_nobody_elses(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox", with_views=True)
    seller, buyer, other = server.account(BTC="1"), server.account(USDT="100000"), server.account(BTC="1")
    order = seller.limit("SELL", "1", "50000")
    buyer.limit("BUY", "0.5", "50000")
    refused = seller.place(side="SELL", quantity="9", price="50000")
    assert refused.status_code == 400
    assert server.stop() == 0, "a clean stop signs a checkpoint over everything"
    server.start()
    in_time(lambda: seller.signed("GET", ENTRIES).status_code == 200)  # the read models' process begins as well
    rows = seller.signed("GET", ENTRIES).json()["rows"]
    traded = next(row for row in rows if row["asset"] == "USDT")["sequence"]
    placed = str(int(order["orderId"]) - 10**18)
    for sequence in {row["sequence"] for row in rows} | {placed}:
        told = seller.signed("GET", ENTRY, sequence=sequence).json()
        assert told["sequence"] == sequence
        assert int(told["firstSequence"]) <= int(sequence) <= int(told["lastSequence"])
        root = verify.root_by_inclusion(
            bytes.fromhex(told["leafHash"]),
            int(told["leafIndex"]),
            int(told["checkpoint"]["treeSize"]),
            [bytes.fromhex(each) for each in told["path"]],
        )
        assert root.hex() == told["checkpoint"]["rootHash"]
        assert not {"frame", "frameHash"} & told.keys()
        unknown = other.signed("GET", ENTRY, sequence=sequence)
        assert (unknown.status_code, unknown.json()["lionrock"]["name"]) == (400, "entry_unknown")
        nowhere = other.signed("GET", ENTRY, sequence="999999").json()
        for body, asked in ((unknown.json(), sequence), (nowhere, "999999")):
            body["lionrock"]["words"] = body["lionrock"]["words"].replace(asked, "N")
        assert unknown.json()["code"] == nowhere["code"]
    assert buyer.signed("GET", ENTRY, sequence=traded).status_code == 200, "the trade is the buyer's command"
    assert buyer.signed("GET", ENTRY, sequence=placed).status_code == 400, "the order was the seller's alone"
    told = seller.signed("GET", ENTRY, sequence=traded).json()
    checked = in_javascript("checkInclusion(answers.entry, key)", {"entry": told}, told["checkpoint"]["publicKey"])
    assert checked is True
    assert server.get(ENTRY, sequence=traded).status_code == 400, "without a signature"
    assert server.stop() == 0
