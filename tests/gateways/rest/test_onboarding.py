"""Becoming a client over HTTP: what applicants and the staff do, and what neither may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from lionrock.people.staff.roles import Role
from tests.compliance.onboarding.test_privacy import in_clear
from tests.compliance.onboarding.world import ANNA, PERSONAL, SOLVEIG, scan
from tests.gateways.rest.applicants import NAME, Applying
from tests.gateways.rest.inside import PASSWORD, Browser, code_of, reason_of
from tests.gateways.rest.staff.desk import enrolled, proposal

REFERRED = msgspec.structs.replace(ANNA, surname="Refer", document=msgspec.structs.replace(ANNA.document, zone=""))


@pytest.fixture
async def applying(tmp_path: Path) -> AsyncIterator[Applying]:
    async with Applying.open(tmp_path) as opened:
        yield opened


@pytest.mark.shows("ONBD-003", "ONBD-012")
async def test_an_applicant_who_was_stopped_and_cleared_by_two_people_trades(applying: Applying) -> None:
    browser = await applying.submitted(REFERRED)
    status = await browser.done("GET", "onboarding")
    assert (status["state"], status["reason"]) == ("in_review", "The application is being looked at.")
    assert status["accountId"] == ""
    reviewer, officer = await applying.staff()
    waiting = await reviewer.done("GET", "clients?state=in_review")
    assert [each["clientId"] for each in waiting["clients"]] == [status["clientId"]]
    assert waiting["nextCursor"] is None
    queued = [each for each in await reviewer.done("GET", "queue") if each["kind"] == "application"]
    assert [(each["itemId"], each["isOverdue"]) for each in queued] == [(status["clientId"], False)]
    file = await reviewer.done("GET", f"clients/file?clientId={status['clientId']}")
    assert file["form"]["surname"] == "Refer"
    assert [(each["outcome"], each["reasons"]) for each in file["checks"]] == [("unclear", ["data_differs"])]
    assert file["isSound"]
    seen = applying.inside.site.staff.audit.entries(subject=status["clientId"])
    assert [(each.staff_id, each.event) for each in seen] == [(reviewer.staff_id, "client file read")]
    # The step of approval is not possible before the identity is confirmed, and says so.
    await applying.looked_at(reviewer, status["clientId"])
    early = proposal("onboarding_decision", client_id=status["clientId"], decision="approve")
    assert reason_of(await reviewer.send("POST", "proposals", early)) == "identity_not_confirmed"
    confirmed = await applying.decided(reviewer, officer, status["clientId"], "pass_identity")
    assert confirmed["state"] == "carried_out", confirmed
    done = await applying.decided(reviewer, officer, status["clientId"], "approve")
    assert done["state"] == "carried_out", done
    status = await browser.done("GET", "onboarding")
    assert (status["state"], status["words"]) == ("active", "The account is open.")
    account_id = int(status["accountId"])
    assert account_id in applying.inside.site.catalogue.accounts
    assert (await browser.done("GET", "user"))["accountId"] == status["accountId"], "the session knows it, too"
    made = await browser.done("POST", "keys", {"rights": ["READ", "TRADE"]})
    assert made["accountId"] == status["accountId"]
    steps = (await reviewer.done("GET", f"clients/file?clientId={status['clientId']}"))["steps"]
    approval = next(each for each in steps if each["step"] == "approve")
    assert (approval["actorId"], approval["approverId"]) == (reviewer.staff_id, officer.staff_id)
    assert approval["details"]["proposal_id"] == done["proposalId"]
    assert int(approval["journalSequence"]) > 0


@pytest.mark.shows("ONBD-003")
async def test_a_decision_does_not_outlive_what_it_was_about(applying: Applying) -> None:
    browser = await applying.submitted(REFERRED)
    client_id = (await browser.done("GET", "onboarding"))["clientId"]
    reviewer, officer = await applying.staff()
    await applying.looked_at(reviewer, client_id)
    payload = {"client_id": client_id, "decision": "pass_identity"}
    told = {"action": "onboarding_decision", "payload": payload, "reasonCode": "review", "words": "seen"}
    made = await reviewer.done("POST", "proposals", told)
    assert reason_of(await reviewer.verdict("approve", made)) in {"self_approval", "not_checker"}
    asked = {"clientId": client_id, "step": "request_information", "reasonCode": "document_unclear", "words": "again"}
    await reviewer.done("POST", "clients/steps", asked)
    refused = await officer.verdict("approve", made)
    assert refused.status_code != 200 or refused.json()["state"] != "carried_out"
    assert (await browser.done("GET", "onboarding"))["state"] == "information_requested"


@pytest.mark.shows("ONBD-005")
async def test_what_the_staff_asks_for_is_read_by_the_applicant_and_answered(applying: Applying) -> None:
    browser = await applying.submitted()
    client_id = (await browser.done("GET", "onboarding"))["clientId"]
    reviewer, _ = await applying.staff()
    words = "Please scan both sides of the passport."
    asked = {"clientId": client_id, "step": "request_information", "reasonCode": "document_unclear", "words": words}
    await reviewer.done("POST", "clients/steps", asked)
    status = await browser.done("GET", "onboarding")
    assert (status["state"], status["askedFor"]) == ("information_requested", words)
    assert status["reason"] == "A document cannot be read or does not show what it must."
    await applying.upload(browser, "identity", scan("both sides"))
    assert (await browser.done("POST", "onboarding/submit"))["state"] == "submitted"


@pytest.mark.shows("ONBD-005")
async def test_a_draft_grows_and_says_what_it_lacks(applying: Applying) -> None:
    browser = await applying.sign_up()
    begun = await browser.done("POST", "onboarding", {"kind": "person"})
    assert (begun["state"], begun["version"], begun["accountId"]) == ("draft", 1, "")
    assert begun["missing"] > 10
    saved = await browser.done("PUT", "onboarding/form", {"version": 1, "form": {"surname": "Eriksson"}})
    assert (saved["version"], saved["missing"]) == (2, begun["missing"] - 1)
    assert await browser.done("GET", "onboarding/form") == {
        "kind": "person",
        "version": 2,
        "form": {"surname": "Eriksson"},
    }
    missing = await browser.done("GET", "onboarding/missing")
    assert {"field": "birth", "name": "required", "words": "This is needed."} in missing
    refused = await browser.send("POST", "onboarding/submit")
    assert reason_of(refused) == "application_incomplete"
    assert refused.json()["lionrock"]["figures"] == {"missing": str(saved["missing"])}
    again = await browser.send("PUT", "onboarding/form", {"version": 1, "form": {}})
    assert reason_of(again) == "form_changed_meanwhile"
    wrong = await browser.send("PUT", "onboarding/form", {"version": 2, "form": {"surname": ["Eriksson"]}})
    assert code_of(wrong) == "0001"
    assert "Eriksson" not in wrong.text
    assert "surname" in wrong.text


@pytest.mark.shows("ONBD-004")
async def test_somebody_without_an_account_does_nothing_that_needs_one(applying: Applying) -> None:
    browser = await applying.sign_up()
    assert browser.signed_in["accountId"] == ""
    for method, path in (("GET", "keys"), ("POST", "keys")):
        refused = await browser.send(method, path, {"rights": ["READ"]} if method == "POST" else None)
        assert reason_of(refused) == "no_account_yet"
    assert reason_of(await browser.send("GET", "onboarding")) == "no_application"
    assert len(applying.inside.site.catalogue.accounts) == 2, "custody and fees"


@pytest.mark.shows("ONBD-004")
async def test_a_name_is_given_once_on_both_ways_of_signing_up(applying: Applying) -> None:
    await applying.sign_up()
    for path in ("onboarding/users", "users"):
        told = {"signInName": NAME.upper(), "password": PASSWORD}
        assert reason_of(await applying.inside.post(f"/lionrock/v1/{path}", told)) == "name_taken"
    for told, field in (
        ({"signInName": "an", "password": PASSWORD}, "signInName"),
        ({"signInName": "anna", "password": "short"}, "password"),
    ):
        refused = await applying.inside.post("/lionrock/v1/onboarding/users", told)
        assert field in refused.json()["msg"]


@pytest.mark.shows("ONBD-004")
async def test_a_user_of_before_may_set_up_an_authenticator_and_take_it_off(applying: Applying) -> None:
    """Also where the site asks everybody for a second factor, and then no other way leads on."""
    browser = await applying.sign_up()
    assert applying.inside.venue.profile.requires_second_factor
    assert (await browser.done("GET", "user"))["hasTotp"]
    bare = await applying.inside.post("/lionrock/v1/sessions", {"signInName": NAME, "password": PASSWORD})
    assert reason_of(bare) == "second_factor_needed"
    await browser.done("DELETE", "totp")
    assert not (await browser.done("GET", "user"))["hasTotp"]


@pytest.mark.shows("ONBD-009", "ONBD-015")
async def test_documents_are_read_by_the_staff_alone_with_a_reason(applying: Applying) -> None:
    browser = await applying.submitted()
    (document, *_) = await browser.done("GET", "onboarding/documents")
    assert "content" not in document
    reviewer, _ = await applying.staff()
    auditor = await enrolled(applying.inside, "auditor", Role.AUDITOR)
    told = {"documentId": document["documentId"], "reasonCode": "review", "words": "the photograph"}
    assert reason_of(await reviewer.send("POST", "clients/documents/read", told | {"words": ""})) == "reason_needed"
    assert (await auditor.send("POST", "clients/documents/read", told)).status_code == 400
    answer = await reviewer.send("POST", "clients/documents/read", told)
    assert (answer.status_code, answer.content) == (200, scan("identity"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    readings = await auditor.done("GET", f"clients/documents/readings?documentId={document['documentId']}")
    assert [(each["staffId"], each["reasonCode"]) for each in readings] == [(reviewer.staff_id, "review")]


@pytest.mark.shows("STAF-009")
async def test_ones_own_application_is_for_others(applying: Applying) -> None:
    """No step of it, and none of its documents."""
    browser = await applying.submitted()
    (document, *_) = await browser.done("GET", "onboarding/documents")
    onboarding = applying.inside.venue.onboarding
    assert onboarding is not None
    client_id = onboarding.documents.client_of(document["documentId"])
    reviewer, other = await applying.staff()
    await reviewer.done("POST", "me/files", {"clientId": client_id})
    asked = {"clientId": client_id, "step": "suspend", "reasonCode": "risk", "words": "a case"}
    assert reason_of(await reviewer.send("POST", "clients/steps", asked)) == "own_file"
    told = {"documentId": document["documentId"], "reasonCode": "review", "words": "the photograph"}
    assert reason_of(await reviewer.send("POST", "clients/documents/read", told)) == "own_file"
    readings = await other.done("GET", f"clients/documents/readings?documentId={document['documentId']}")
    assert readings == []


@pytest.mark.shows("ONBD-015")
async def test_somebody_elses_application_is_not_there(applying: Applying) -> None:
    anna = await applying.draft()
    (document, *_) = await anna.done("GET", "onboarding/documents")
    other = await applying.sign_up("solveig")
    await other.done("POST", "onboarding", {"kind": "person"})
    assert await other.done("GET", "onboarding/documents") == []
    assert (await other.done("GET", "onboarding/form"))["form"] == {}
    named = {"documentId": document["documentId"]}
    for method, path, told in (
        ("PUT", "documents/parts", named | {"part": 2, "content": ""}),
        ("POST", "documents/finish", named),
        ("DELETE", f"documents?documentId={document['documentId']}", None),
    ):
        refused = await other.send(method, f"onboarding/{path}", told)
        assert reason_of(refused) == "document_unknown", path
    assert (await anna.done("GET", "onboarding/documents"))[0] == document


@pytest.mark.shows("ONBD-015")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("GET", "/form"), ("PUT", "/form"), ("GET", "/missing"), ("POST", "/submit"),
        ("POST", "/withdraw"), ("POST", "/reopen"), ("POST", "/leave"), ("GET", "/steps"),
        ("POST", "/documents"), ("GET", "/documents"),
        ("PUT", "/documents/parts"), ("POST", "/documents/finish"), ("DELETE", "/documents"), ("POST", ""),
    ],
)  # fmt: skip
async def test_nothing_is_done_without_a_session(applying: Applying, method: str, path: str) -> None:
    answer = await applying.inside.send(method, f"/lionrock/v1/onboarding{path}", {} if method != "GET" else None)
    assert code_of(answer) == -1002


@pytest.mark.shows("ONBD-015")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "clients"), ("GET", "clients/file?clientId=x"), ("POST", "clients/steps"),
        ("POST", "clients/documents/read"), ("GET", "clients/documents/readings?documentId=x"),
    ],
)  # fmt: skip
async def test_a_client_is_nobody_of_the_staff(applying: Applying, method: str, path: str) -> None:
    browser = await applying.sign_up()
    answer = await browser.send(method, f"staff/{path}", {} if method == "POST" else None)
    assert answer.status_code in {400, 401}
    assert answer.json()["code"] in {-1002, -1005}


@pytest.mark.shows("ONBD-003")
async def test_one_person_of_the_staff_takes_only_their_steps(applying: Applying) -> None:
    browser = await applying.submitted()
    client_id = (await browser.done("GET", "onboarding"))["clientId"]
    reviewer, _ = await applying.staff()
    auditor = await enrolled(applying.inside, "auditor", Role.AUDITOR)
    asked = {"clientId": client_id, "step": "begin_review", "reasonCode": "review"}
    assert (await auditor.send("POST", "clients/steps", asked)).status_code == 400
    for step in ("approve", "decline", "reinstate", "close", "pass_identity"):
        assert code_of(await reviewer.send("POST", "clients/steps", asked | {"step": step})) == "0001"
    assert reason_of(await reviewer.send("POST", "clients/steps", asked | {"reasonCode": "no"})) == "reason_needed"
    assert (await reviewer.done("POST", "clients/steps", asked))["state"] == "in_review"
    again = await reviewer.send("POST", "clients/steps", asked)
    assert reason_of(again) == "step_not_possible"
    assert again.json()["lionrock"]["figures"] == {"state": "in_review", "step": "begin_review"}


@pytest.mark.shows("ONBD-014")
async def test_a_decline_is_told_in_neutral_words_and_a_new_application_may_be_begun(applying: Applying) -> None:
    browser = await applying.submitted(REFERRED)
    client_id = (await browser.done("GET", "onboarding"))["clientId"]
    reviewer, officer = await applying.staff()
    payload = {"client_id": client_id, "decision": "decline"}
    told = {"action": "onboarding_decision", "payload": payload, "reasonCode": "suspicion", "words": "harbour light"}
    await officer.approve(await reviewer.done("POST", "proposals", told))
    status = await browser.done("GET", "onboarding")
    assert (status["state"], status["reason"]) == ("declined", "This was decided after a review.")
    steps = await browser.done("GET", "onboarding/steps")
    assert "suspicion" not in str(steps)
    assert reviewer.staff_id not in str(steps)
    assert [each["isEarlier"] for each in await browser.done("GET", "onboarding/documents")] == [False, False]
    assert (await browser.done("POST", "onboarding/reopen"))["state"] == "draft"
    assert [each["isEarlier"] for each in await browser.done("GET", "onboarding/documents")] == [True, True]
    (earlier, _) = await browser.done("GET", "onboarding/documents")
    taken = await browser.send("DELETE", f"onboarding/documents?documentId={earlier['documentId']}")
    assert reason_of(taken) == "form_is_fixed", "what was handed in is kept"
    whole = {"kind": "funds", "sizeBytes": 100, "name": "new.pdf"}
    made = await browser.done("POST", "onboarding/documents", whole)
    file = await reviewer.done("GET", f"clients/file?clientId={client_id}")
    listed = [(each["documentId"] == made["documentId"], each["isEarlier"]) for each in file["documents"]]
    assert listed == [(True, False), (False, True), (False, True)], "those of before stand apart, and last"
    assert (await browser.done("POST", "onboarding/withdraw"))["state"] == "withdrawn"


@pytest.mark.shows("ONBD-014")
async def test_a_client_asks_to_leave(applying: Applying) -> None:
    browser = await applying.submitted()
    client_id = (await browser.done("GET", "onboarding"))["clientId"]
    assert reason_of(await browser.send("POST", "onboarding/leave")) == "step_not_possible"
    reviewer, officer = await applying.staff()
    await applying.decided(reviewer, officer, client_id, "approve")
    assert (await browser.done("POST", "onboarding/leave"))["state"] == "offboarding"
    assert applying.gates.asked[-1].restriction == "reduce_only"
    await applying.decided(reviewer, officer, client_id, "close")
    assert (await browser.done("GET", "onboarding"))["state"] == "closed"


@pytest.mark.shows("ONBD-011")
async def test_two_people_say_over_http_whether_two_are_one(applying: Applying) -> None:
    first = await applying.submitted()
    second = await applying.submitted(msgspec.structs.replace(SOLVEIG, phone=ANNA.phone), "second")
    reviewer, officer = await applying.staff()
    ids = [(await each.done("GET", "onboarding"))["clientId"] for each in (first, second)]
    (alike,) = (await reviewer.done("GET", f"clients/file?clientId={ids[1]}"))["likenesses"]
    assert (alike["otherId"], alike["features"], alike["verdict"]) == (ids[0], ["phone"], "")
    done = await applying.decided(reviewer, officer, ids[1], "different_client", other_id=ids[0])
    assert done["state"] == "carried_out", done
    assert (await applying.decided(reviewer, officer, ids[1], "approve"))["state"] == "carried_out"


@pytest.mark.shows("ONBD-009")
async def test_an_application_over_http_leaves_nothing_in_the_clear(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with Applying.open(tmp_path) as applying:
        browser: Browser = await applying.submitted()
        client_id = (await browser.done("GET", "onboarding"))["clientId"]
        reviewer, officer = await applying.staff()
        assert (await applying.decided(reviewer, officer, client_id, "approve"))["state"] == "carried_out"
        assert in_clear(tmp_path, PERSONAL) == []
    assert in_clear(tmp_path, PERSONAL) == []
    assert [value for value in PERSONAL if value in caplog.text] == []
