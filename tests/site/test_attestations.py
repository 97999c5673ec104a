"""Attestations on a running site: of what rules ask, with a document that is held, and as the journal has them."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lionrock.people.staff.roles import Role
from lionrock.rulebook.attestations import read_attestations
from lionrock.rulebook.code_version import release_digest
from lionrock.rulebook.statements_of_journal import read_statements
from lionrock.store.database import DATABASE_FILE
from lionrock.words.side_notes import Statement, StatementKind
from tests.compliance.onboarding.world import PDF
from tests.gateways.rest.inside import reason_of
from tests.gateways.rest.staff.desk import enrolled, proposal
from tests.site.at_work import ATTESTED, AtWork

OTHER = PDF + b"another one"
WRITTEN = {
    "records_place": "HK",
    "channel_telephone": "off",
    "promotion_gifts": "fee_discounts",
    "records_storage_approval_reference": "SFC/2026/1",
}
"""What the site's file alone says, by what is attested of it."""
SHA = hashlib.sha256(PDF).hexdigest()


async def refused(site: AtWork, **payload: str) -> dict[str, Any]:
    """What a proposal to attest this is refused with."""
    told = proposal("attestation", **payload)
    answer = await site.desk(Role.TECHNOLOGY).send("POST", "proposals", told)
    assert answer.status_code == 400, answer.text
    found: dict[str, Any] = answer.json()["lionrock"]
    return found


@pytest.mark.shows("STAF-020")
async def test_only_what_a_rule_asks_for_is_attested(tmp_path: Path) -> None:
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        document = await site.hand_over()
        for subject in ("", "the_weather", "Technology_Audit", "cyber_return", "technology audit"):
            no = await refused(site, subject=subject, document_sha256=document)
            assert (no["name"], no["rejection"]) == ("attestation_not_asked", 21004)
            assert no["next_step"].startswith("take one of: channel_telephone, custody_audit, ")
        told = await site.desk(Role.TECHNOLOGY).done("GET", "attestations")
        asked = {each["subject"]: each for each in told["asked"]}
        assert asked["technology_audit"]["rules"] == ["HK-Y01"]
        assert (asked["technology_audit"]["months"], asked["technology_audit"]["lastAtMs"]) == (12, 0)
        assert asked["technology_audit"]["runsOutMs"] == 0, "what was never attested does not run out"
        assert asked["release_signoff"]["documentSha256"] == release_digest()
        assert {*ATTESTED, *WRITTEN, "release_signoff", "surveillance_review"} == asked.keys()
        assert {subject: asked[subject]["value"] for subject in WRITTEN} == WRITTEN


@pytest.mark.shows("STAF-020")
async def test_only_a_document_that_the_site_holds_is_attested(tmp_path: Path) -> None:
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        engineer, about = site.desk(Role.TECHNOLOGY), "technology_audit"
        for digest in (SHA, "a" * 64):
            no = await refused(site, subject=about, document_sha256=digest)
            assert (no["name"], no["rejection"]) == ("document_not_held", 21004)
            assert "hand it over first at attestations/documents" in no["next_step"]
        assert (await refused(site, subject=about, document_sha256="x"))["name"] == "payload_malformed"
        begun = await engineer.done("POST", "attestations/documents", {"sizeBytes": len(PDF)})
        assert (await refused(site, subject=about, document_sha256=SHA))["name"] == "document_not_held", "only begun"
        early = await engineer.send("POST", "attestations/documents/finish", {"documentId": begun["documentId"]})
        assert reason_of(early) == "document_not_whole"
        assert await site.hand_over() == SHA
        no = await refused(site, subject="release_signoff", document_sha256=SHA)
        assert (no["name"], no["next_step"]) == ("attestation_of_another", f"attest {release_digest()}")
        await site.two(Role.TECHNOLOGY, Role.COMPLIANCE_OFFICER, "attestation", subject=about, document_sha256=SHA)
        told = await engineer.done("GET", "attestations")
        (made,) = told["made"]
        assert (made["subject"], made["documentSha256"], made["documentIsHeld"]) == (about, SHA, True)
        (asked,) = [each for each in told["asked"] if each["subject"] == about]
        assert asked["lastAtMs"] == made["attestedAtMs"]
        assert 365 <= (asked["runsOutMs"] - asked["lastAtMs"]) / 86_400_000 <= 366
        assert (made["staffId"], made["approverId"]) == (
            engineer.staff_id,
            site.desk(Role.COMPLIANCE_OFFICER).staff_id,
        )


@pytest.mark.shows("STAF-020")
async def test_a_document_is_sealed_stated_and_read_by_who_approves(tmp_path: Path) -> None:
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        await site.hand_over()
        officer = site.desk(Role.COMPLIANCE_OFFICER)
        (document,) = (await officer.done("GET", "attestations"))["documents"]
        assert (document["name"], document["sizeBytes"], document["sha256"]) == ("audit.pdf", len(PDF), SHA)
        read = await officer.send("GET", f"attestations/documents/file?documentId={document['documentId']}")
        assert (read.content, read.headers["content-type"]) == (PDF, "application/pdf")
        log = await officer.done("GET", f"audit?subject={document['documentId']}")
        assert [each["event"] for each in log] == ["document read", "document handed over"], "newest first"
        stated = read_statements(tmp_path)[int(document["journalSequence"])]
        assert stated == Statement(StatementKind.DOCUMENT, bytes.fromhex(SHA))
        assert await asyncio.to_thread(in_clear, tmp_path, PDF[:20]) == []
        service = await enrolled(site, "service@example.com", Role.CUSTOMER_SERVICE)
        for answer in (
            await service.send("GET", "attestations"),
            await service.send("GET", f"attestations/documents/file?documentId={document['documentId']}"),
            await service.send("POST", "attestations/documents", {"sizeBytes": 3}),
        ):
            assert reason_of(answer) == "role_missing"
        kept = site.rooms.keeper.standing
        assert [each.tables for each in kept if each.record_class == "house_documents"] == [
            ("journal", "client_documents")
        ]
        stranger = await officer.send("GET", "attestations/documents/file?documentId=none")
        assert reason_of(stranger) == "document_unknown"


def in_clear(directory: Path, content: bytes) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file() and content in path.read_bytes()]


def changed(directory: Path, statement: str, *values: object) -> None:
    """What somebody does who can write the database of a site."""
    with closing(sqlite3.connect(directory / DATABASE_FILE)) as database, database:
        database.execute(statement, values)


@pytest.mark.shows("RULE-020")
@pytest.mark.shows_rule("HK-Y01")
async def test_what_is_written_into_sql_attests_nothing(tmp_path: Path) -> None:
    """Whoever can write every table has proposal, verdict and document there, and no word in the journal."""
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        document = await site.hand_over()
        for subject in ATTESTED[:2]:
            told = {"subject": subject, "document_sha256": document}
            await site.desk(Role.TECHNOLOGY).propose("attestation", **told)
        assert (await site.statuses())["HK-Y01"] == "no_data"
        changed(tmp_path, "UPDATE staff_proposals SET state = 'carried_out', outcome = 'attested'")
        done = await site.desk(Role.TECHNOLOGY).done("GET", "proposals?state=carried_out")
        assert len(done) == 2
        assert (await site.statuses())["HK-Y01"] == "no_data"
        assert site.why("HK-Y01") == "Nobody has attested technology audit."
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            changed(tmp_path, "DELETE FROM rulebook_attestations")


@pytest.mark.shows("RULE-020")
@pytest.mark.shows_rule("HK-Y01")
@pytest.mark.parametrize("harm", ["hash", "gone", "file", "no file"])
async def test_an_attestation_whose_document_was_changed_turns_red(tmp_path: Path, harm: str) -> None:
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        await site.attest()
        assert (await site.statuses())["HK-Y01"] == "attested"
        (file,) = (tmp_path / "documents").iterdir()
        match harm:
            case "hash":
                other = hashlib.sha256(OTHER).digest()
                changed(tmp_path, "UPDATE client_documents SET sha256 = ? WHERE client_id = 'house'", other)
            case "gone":
                changed(tmp_path, "DELETE FROM client_documents WHERE client_id = 'house'")
            case "file":
                content = bytearray(file.read_bytes())
                content[len(content) // 2] ^= 1
                file.write_bytes(content)
            case "no file":
                file.unlink()
        assert (await site.statuses())["HK-Y01"] == "fail"
        assert site.why("HK-Y01") == "The document behind the attestation of technology audit is gone or was changed."
        made = (await site.desk(Role.TECHNOLOGY).done("GET", "attestations"))["made"]
        assert {each["documentIsHeld"] for each in made if each["subject"] in ATTESTED} == {False}


@pytest.mark.shows("RULE-020")
async def test_the_journal_alone_tells_what_was_attested_also_after_a_restart(tmp_path: Path) -> None:
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        await site.attest()
        before = site.rooms.attesting.log.all
        assert {each.attestation.subject for each in before} == {*ATTESTED, *WRITTEN, "release_signoff"}
    assert await asyncio.to_thread(read_attestations, tmp_path) == before
    again = AtWork(tmp_path)
    again.now_ns = site.now_ns
    async with again.opened() as site:
        assert site.rooms.attesting.log.all == before
        assert (await site.statuses())["HK-Y02"] == "attested"


@pytest.mark.shows("SITE-014", "RULE-007")
@pytest.mark.shows_rule("HK-R04", "HK-K04", "HK-K09", "HK-K13")
async def test_a_line_in_the_file_is_declared_until_two_people_stand_for_that_very_value(tmp_path: Path) -> None:
    rules = {
        "HK-R04": "records_storage_approval_reference",
        "HK-K04": "records_place",
        "HK-K09": "channel_telephone",
        "HK-K13": "promotion_gifts",
    }
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        found = await site.statuses()
        assert {found[rule] for rule in rules} == {"declared"}
        assert site.why("HK-R04") == "records.storage_approval_reference is told. Only the site's file says so."
        matrix = await site.desk(Role.COMPLIANCE_OFFICER).done("GET", "rulebook")
        shown = {row["id"]: row for row in matrix["rows"]}
        assert {shown[rule]["status"] for rule in rules} == {"declared"}
        assert matrix["counts"]["declared"] == 4
        document = await site.hand_over()
        about = {"subject": "records_storage_approval_reference", "document_sha256": document}
        for wrong in ("", "SFC/2026/2"):
            no = await refused(site, **about, value=wrong)
            assert (no["name"], no["next_step"]) == (
                "attested_value_differs",
                "attest SFC/2026/1, or have the file changed first",
            )
        no = await refused(site, subject="technology_audit", document_sha256=document, value="HK")
        assert no["name"] == "attested_value_differs", "an audit has no value"
        await site.attest()
        found = await site.statuses()
        assert {found[rule] for rule in rules} == {"attested"}
    definition = tmp_path / "site.toml"
    definition.write_text(definition.read_text().replace("SFC/2026/1", "SFC/2026/2"))
    again = AtWork(tmp_path)
    again.now_ns = site.now_ns
    async with again.opened() as site:
        found = await site.statuses()
        assert (found["HK-R04"], found["HK-K04"]) == ("declared", "attested"), "of the new value nobody attested"


@pytest.mark.shows("SITE-014")
@pytest.mark.shows_rule("HK-Y03")
async def test_a_file_cannot_say_what_the_program_tells_of_itself(tmp_path: Path) -> None:
    async with AtWork(tmp_path).opened() as site:
        before = (await site.statuses())["HK-Y03"]
    definition = tmp_path / "site.toml"
    boasts = '"notice.login" = "on"\n"login.second_factor_required" = "no"\n"release.document_sha256" = "x"\n'
    text = definition.read_text().replace('"login.second_factor_required" = "yes"\n', "")
    definition.write_text(text.replace("[settings]\n", f"[settings]\n{boasts}"))
    again = AtWork(tmp_path)
    again.now_ns = site.now_ns
    async with again.opened() as site:
        assert before == "pass"
        assert (await site.statuses())["HK-Y03"] == "fail", "clients sign in without one, and the program says so"
        asked = {each.setting for each in site.rooms.attesting.asked().values() if each.setting}
        assert asked == {"release.document_sha256"}
        assert site.rooms.attesting.named("release.document_sha256") == release_digest()
