"""A client's assessments as the staff sees and works them, on a site with all its rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lionrock.compliance.assessments.exposure import Means
from lionrock.people.staff.roles import Role
from lionrock.words.enumerations import AccountRestriction, ClientClass
from tests.compliance.onboarding.world import SOLVEIG
from tests.compliance.rooms import DOCUMENT, LOW_RISK, MEANS, TERMS_OF_SERVICE, best_answers
from tests.gateways.rest.inside import Browser, reason_of
from tests.gateways.rest.licensed import Licensed
from tests.gateways.rest.staff.desk import Desk, proposal

DAY_NS = 86_400 * 10**9


class Work(NamedTuple):
    """A client and those who work on its file."""

    site: Licensed
    client: Browser
    client_id: str
    reviewer: Desk
    officer: Desk
    responsible: Desk

    async def standing(self) -> Any:
        return await self.officer.done("GET", f"clients/standing?clientId={self.client_id}")

    async def rate(self, **facts: Any) -> Any:
        return await self.reviewer.done("POST", "clients/risk", {"clientId": self.client_id, "facts": LOW_RISK | facts})

    async def decided(self, action: str, **payload: Any) -> Any:
        made = await self.reviewer.propose(action, client_id=self.client_id, **payload)
        return await self.responsible.approve(made)

    @property
    def account_id(self) -> int:
        found = self.site.rooms.onboarding.clients.get(self.client_id)
        return found.account_id


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[Work]:
    async with Licensed(tmp_path).open() as site:
        reviewer = await site.desk("reviewer", Role.ONBOARDING_REVIEWER)
        officer = await site.desk("officer", Role.COMPLIANCE_OFFICER)
        responsible = await site.desk("responsible", Role.RESPONSIBLE_OFFICER)
        client, client_id = await site.client(reviewer, officer)
        yield Work(site, client, client_id, reviewer, officer, responsible)


def conditions(standing: Any) -> dict[str, Any]:
    return {each["name"]: each for each in standing["conditions"]}


@pytest.mark.shows("ASSE-092")
async def test_where_a_client_stands_and_why(work: Work) -> None:
    seen = await work.standing()
    assert (seen["state"], seen["clientClass"], seen["effect"]) == ("active", "retail", "no_orders")
    missing = conditions(seen)["risk_profile_missing"]
    assert missing["nextStep"] == "answer it"
    assert missing["licenceRules"][0]["id"] == "HK-K02"
    assert missing["licenceRules"][0]["citation"].endswith("9.6")
    assert {each["gate"] for each in seen["decisions"]} >= {"due_diligence_before_account"}
    assert all(each["rulesVersion"] and each["licenceRules"] for each in seen["decisions"])
    [account] = seen["accounts"]
    assert account["accountId"] == str(work.account_id)
    assert (account["restriction"], account["products"]) == ("reduce_only", [])
    logged = work.site.site.staff.audit.entries(subject=work.client_id)
    assert (work.officer.staff_id, "client assessments read") in {(each.staff_id, each.event) for each in logged}
    unknown = await work.officer.send("GET", "clients/standing?clientId=0000")
    assert reason_of(unknown) == "parameter_missing_or_invalid"


@pytest.mark.shows("ASSE-093")
async def test_risk_is_rated_by_facts_and_shown_by_factor(work: Work) -> None:
    risk = (await work.rate(political_exposure=None))["risk"]
    assert risk["level"] != ""
    by_name = {each["factor"]: each for each in risk["factors"]}
    assert (by_name["political_exposure"]["isMissing"], by_name["political_exposure"]["value"]) == (True, "")
    assert by_name["jurisdiction"]["value"] == "HK"
    assert risk["points"] == sum(each["points"] for each in risk["factors"])
    assert all(each["words"] for each in risk["factors"])
    assert {each["id"] for each in risk["licenceRules"]} == {"HK-A16", "HK-A17"}
    assert "risk_not_rated" not in conditions(await work.standing())
    ratings = work.site.rooms.assessed.assessments.records.of(work.client_id)
    ratings = [each for each in ratings if each.kind == "risk_rating"]
    assert {each.decided_by for each in ratings} == {work.reviewer.staff_id}
    assert len(ratings) == 2, "the one before the approval, and this one"


@pytest.mark.shows("ASSE-092", "ASSE-093")
async def test_what_the_next_rating_goes_by_is_told_and_is_all_that_is_taken(work: Work) -> None:
    risk = (await work.standing())["risk"]
    asked = {each["factor"]: each for each in risk["asked"]}
    assert list(asked) == [each["factor"] for each in risk["factors"]]
    assert (asked["ownership_layers"]["isWholeNumber"], asked["ownership_layers"]["values"]) == (True, [])
    assert asked["political_exposure"]["values"][0] == "none"
    first: dict[str, str | int] = {
        name: 0 if each["isWholeNumber"] else each["values"][0] for name, each in asked.items()
    }
    told = {"clientId": work.client_id, "facts": first}
    rated = (await work.reviewer.done("POST", "clients/risk", told))["risk"]
    assert {each["factor"]: each["value"] for each in rated["factors"]} == {
        name: str(told) for name, told in first.items()
    }
    assert not any(each["isMissing"] for each in rated["factors"])


@pytest.mark.shows("ASSE-093")
@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"juristiction": "HK"}, "risk_fact_unknown"),
        ({"jurisdiction": "x" * 65}, "parameter_missing_or_invalid"),
        ({"jurisdiction": ""}, "parameter_missing_or_invalid"),
        ({"jurisdiction": ["HK"]}, "parameter_missing_or_invalid"),
        ({"ownership_layers": 1.5}, "parameter_missing_or_invalid"),
    ],
)
async def test_wrong_facts_rate_nobody(work: Work, facts: dict[str, Any], name: str) -> None:
    before = (await work.standing())["risk"]
    told = {"clientId": work.client_id, "facts": LOW_RISK | facts}
    assert reason_of(await work.reviewer.send("POST", "clients/risk", told)) == name
    assert (await work.standing())["risk"] == before
    nobody = {"clientId": "f" * 32, "facts": LOW_RISK}
    assert reason_of(await work.reviewer.send("POST", "clients/risk", nobody)) == "parameter_missing_or_invalid"


@pytest.mark.shows("ASSE-092", "ASSE-093")
async def test_whose_role_it_is_not_and_whose_file_it_is(work: Work) -> None:
    service, auditor = await work.site.desk("desk", Role.CUSTOMER_SERVICE), await work.site.desk("audit", Role.AUDITOR)
    path = f"clients/standing?clientId={work.client_id}"
    assert reason_of(await service.send("GET", path)) == "role_missing"
    assert (await auditor.done("GET", path))["clientId"] == work.client_id
    told = {"clientId": work.client_id, "facts": LOW_RISK | {"jurisdiction": "GB"}}
    before = (await work.standing())["risk"]
    for desk in (service, auditor, work.responsible):
        assert reason_of(await desk.send("POST", "clients/risk", told)) == "role_missing"
        revoke = {"clientId": work.client_id, "number": 1}
        assert reason_of(await desk.send("POST", "clients/evidence/revoke", revoke)) == "role_missing"
    await work.reviewer.done("POST", "me/files", {"clientId": work.client_id})
    assert reason_of(await work.reviewer.send("POST", "clients/risk", told)) == "own_file"
    assert (await work.standing())["risk"] == before


@pytest.mark.shows("ASSE-094", "ASSE-093")
async def test_evidence_takes_two_and_is_taken_back_by_one(work: Work) -> None:
    now_ns, profiles = work.site.now_ns, work.site.site.profiles
    payload = {"kind": "public_filing", "document_sha256": DOCUMENT, "dated_ns": now_ns - DAY_NS}
    alone = await work.reviewer.propose("client_evidence", client_id=work.client_id, **payload)
    assert reason_of(await work.reviewer.verdict("approve", alone)) in {"self_approval", "not_checker"}
    assert (await work.standing())["clientClass"] == "retail"
    done = await work.responsible.approve(alone)
    assert done["state"] == "carried_out", done
    seen = await work.standing()
    [evidence] = seen["evidence"]
    assert (seen["clientClass"], evidence["result"], evidence["isInForce"]) == ("professional", "professional", True)
    assert (evidence["decidedBy"], evidence["approvedBy"]) == (work.reviewer.staff_id, work.responsible.staff_id)
    assert profiles.of(work.account_id).client_class == ClientClass.PROFESSIONAL
    old = await work.decided("client_evidence", **(payload | {"dated_ns": now_ns - 4_000 * DAY_NS}))
    assert (old["state"], "older than evidence may be" in old["outcome"]) == ("failed", True)
    _, other = await work.site.client(work.reviewer, work.officer, SOLVEIG)
    another = {"clientId": other, "number": evidence["number"]}
    assert reason_of(await work.officer.send("POST", "clients/evidence/revoke", another)) == "evidence_unknown"
    wrong = {"clientId": work.client_id, "number": 10**6}
    assert reason_of(await work.officer.send("POST", "clients/evidence/revoke", wrong)) == "evidence_unknown"
    assert profiles.of(work.account_id).client_class == ClientClass.PROFESSIONAL
    right = {"clientId": work.client_id, "number": evidence["number"]}
    seen = await work.officer.done("POST", "clients/evidence/revoke", right)
    assert (seen["clientClass"], seen["evidence"][0]["isInForce"]) == ("retail", False)
    assert profiles.of(work.account_id).client_class == ClientClass.RETAIL


@pytest.mark.shows("ASSE-094")
async def test_another_level_its_steps_and_a_review_take_two(work: Work) -> None:
    _, applicant = await work.site.applicant(SOLVEIG)
    early = await work.reviewer.propose("client_risk", client_id=applicant, level="high")
    unrated = await work.responsible.approve(early)
    assert (unrated["state"], "no rating to override" in unrated["outcome"]) == ("failed", True)
    assert (await work.decided("client_risk", level="high"))["state"] == "carried_out"
    risk = (await work.standing())["risk"]
    assert (risk["level"], risk["isOverride"]) == ("high", True)
    steps = risk["missingSteps"]
    assert steps
    for step in steps:
        done = await work.decided("client_due_diligence", step=step, document_sha256=DOCUMENT)
        assert done["state"] == "carried_out", done
    again = await work.decided("client_due_diligence", step=steps[0], document_sha256=DOCUMENT)
    assert again["state"] == "failed"
    assert "enhanced_checks_missing" not in conditions(await work.standing())
    before = (await work.standing())["risk"]["nextReviewMs"]
    work.site.pass_time(60)
    assert (await work.decided("client_review", document_sha256=DOCUMENT))["state"] == "carried_out"
    seen = await work.standing()
    assert seen["risk"]["nextReviewMs"] > before
    assert [each["kind"] for each in seen["reviews"]] == ["enhanced"] * len(steps) + ["review"]


@pytest.mark.shows("ASSE-094")
async def test_a_finding_in_between_takes_another_approval_and_a_stranger_is_none(work: Work) -> None:
    await work.rate()
    early = await work.reviewer.propose("client_risk", client_id=work.client_id, level="high")
    await work.rate(jurisdiction="GB")
    refused = await work.responsible.verdict("approve", early)
    assert refused.status_code != 200 or refused.json()["state"] != "carried_out"
    assert (await work.standing())["risk"]["isOverride"] is False
    for action, payload in (
        ("client_risk", {"level": "high"}),
        ("client_review", {"document_sha256": DOCUMENT}),
        ("client_evidence", {"kind": "public_filing", "document_sha256": DOCUMENT, "dated_ns": 1}),
        ("client_due_diligence", {"step": "source_of_wealth", "document_sha256": DOCUMENT}),
    ):
        answer = await work.reviewer.send("POST", "proposals", proposal(action, client_id="f" * 32, **payload))
        assert reason_of(answer) == "payload_malformed", action


@pytest.mark.shows("ASSE-094")
async def test_a_version_of_an_agreement_takes_two_and_every_client_is_asked_for_it(work: Work) -> None:
    payload = {
        "agreement": "client_agreement",
        "texts": {"en": f"{TERMS_OF_SERVICE}\nWhat is new.\n"},
        "in_force_ns": work.site.now_ns + 31 * DAY_NS,
    }
    made = await work.officer.propose("agreement_version", **payload)
    [first] = await work.client.done("GET", "agreements")
    assert first["acceptedAtMs"] > 0, "as it had to be before the account was opened"
    assert reason_of(await work.officer.verdict("approve", made)) == "self_approval"
    done = await work.responsible.approve(made)
    assert (done["state"], done["outcome"]) == ("carried_out", "version 2 of client_agreement")
    [_, second] = await work.client.done("GET", "agreements")
    assert (second["version"], second["isInForce"], second["acceptedAtMs"]) == (2, False, 0)
    work.site.pass_time(32 * 86_400)
    await work.officer.sign_in()
    missing = conditions(await work.standing())["agreement_outdated"]
    assert missing["figures"] == {"agreement": "client_agreement", "version_in_force": "2", "version_accepted": "1"}
    agreements = work.site.rooms.assessed.assessments.agreements
    agreements.accept(work.client_id, "its user", second["sha256"], work.site.now_ns)
    assert "agreement_outdated" not in conditions(await work.standing())
    assert work.site.site.profiles.of(work.account_id).restriction == AccountRestriction.REDUCE_ONLY


@pytest.mark.shows("ASSE-095")
async def test_a_client_is_told_neither_its_rating_nor_a_suspicion(work: Work) -> None:
    assert (await work.decided("client_risk", level="high"))["state"] == "carried_out"
    assert "enhanced_checks_missing" in conditions(await work.standing())
    limits = await work.client.done("GET", "limits")
    told = conditions(limits)
    assert "due_diligence_incomplete" in told
    for word in ("high", "rating", "enhanced", "senior", "source_of"):
        assert word not in str(limits["conditions"]), word
    stop = {"clientId": work.client_id, "step": "suspend", "reasonCode": "suspicion", "words": "harbour light"}
    await work.officer.done("POST", "clients/steps", stop)
    seen = str(await work.client.done("GET", "limits")) + str(await work.client.done("GET", "onboarding"))
    for word in ("suspicion", "harbour", "for the reason", "two of them"):
        assert word not in seen, word


@pytest.mark.shows("ASSE-095")
async def test_reasons_behind_neutral_words_are_for_who_works_on_clients(work: Work) -> None:
    service = await work.site.desk("desk", Role.CUSTOMER_SERVICE)
    stop = {"clientId": work.client_id, "step": "suspend", "reasonCode": "suspicion", "words": "harbour light"}
    await work.officer.done("POST", "clients/steps", stop)
    path = f"clients/file?clientId={work.client_id}"
    mine, theirs = (await work.officer.done("GET", path))["steps"][-1], (await service.done("GET", path))["steps"][-1]
    assert (mine["reasonCode"], mine["words"]) == ("suspicion", "harbour light")
    assert (theirs["step"], theirs["reasonCode"], theirs["words"]) == ("suspend", "", "")


@pytest.mark.shows("CGAT-012")
async def test_a_refused_order_names_what_really_stands_against_it(work: Work) -> None:
    """The core knows that no product is permitted; the client reads that its risk profile and its limit are missing."""
    order = {"symbol": "BTCUSD", "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "50000"}
    told = (await work.client.send("POST", "orders", order)).json()["lionrock"]
    assert (told["name"], told["rejection"]) == ("product_not_permitted", 261)
    assert told["words"] == "The questionnaire of the risk profile is missing."
    assert told["next_step"] == "Answer it."
    causes = {each["name"]: each for each in told["causes"]}
    assert {"risk_profile_missing", "exposure_limit_missing"} <= set(causes)
    assert [rule["id"] for rule in causes["risk_profile_missing"]["licence_rules"]] == ["HK-K02"]
    preview = await work.client.done("POST", "orders/preview", order)
    assert preview["refused"]["lionrock"]["causes"] == told["causes"]
    part, now_ns = work.site.rooms.assessed.assessments, work.site.now_ns
    part.profiles.answer(work.client_id, best_answers(part.data.profile[0]), now_ns)
    part.exposure.assess(work.client_id, MEANS, now_ns)
    await work.site.rooms.assessed.clock.attend(work.client_id, now_ns)
    told = (await work.client.send("POST", "orders", order)).json()["lionrock"]
    assert (told["name"], told["causes"][0]["name"]) == ("asset_not_permitted", "asset_not_admitted")
    assert told["words"] == "BTC is not admitted for anybody here yet."


@pytest.mark.shows("STAF-031")
async def test_who_speaks_with_clients_sees_nothing_that_shows_who_they_are(work: Work) -> None:
    """No identity document, no number of one, no likeness, no check; names and addresses, as it speaks with them."""
    service = await work.site.desk("desk", Role.CUSTOMER_SERVICE)
    path = f"clients/file?clientId={work.client_id}"
    seen, whole = await service.done("GET", path), await work.officer.done("GET", path)
    for name in ("documents", "checks", "likenesses"):
        assert seen[name] == []
    assert len(whole["documents"]) == 2
    assert {"document", "taxResidences"} <= set(whole["form"])
    assert set(whole["form"]) - set(seen["form"]) == {"document", "taxResidences"}
    assert seen["form"]["surname"] == whole["form"]["surname"]
    for secret in ("L898902C3", "A123456"):
        assert secret in str(whole)
        assert secret not in str(seen)
    (listed,) = (await service.done("GET", "clients"))["clients"]
    assert listed["undecidedLikenesses"] is None
    readings = f"clients/documents/readings?documentId={whole['documents'][0]['documentId']}"
    assert reason_of(await service.send("GET", readings)) == "role_missing"


@pytest.mark.shows("ASSE-034")
async def test_a_client_cannot_raise_its_own_limit_alone(work: Work) -> None:
    """It is told what waits, the staff's queue has it, one person answers, and nobody of another role."""
    room = work.site.rooms.assessed.assessments
    await work.client.done("POST", "riskProfile", {"answers": best_answers(room.data.profile[0])})
    room.exposure.assess(work.client_id, Means(10_000_00, 0, 0), work.site.now_ns, by="site")
    assert (await work.client.done("GET", "limits"))["exposureLimitMinor"] == 3_000_00
    before = work.site.site.profiles.of(work.account_id).exposure_limit_atoms
    richer = {"netWorthMinor": 50_000_00, "yearlyIncomeMinor": 0, "heldElsewhereMinor": 0}

    async def answered(desk: Desk, number: int, *, approves: bool, words: str = "seen") -> Any:
        told = {"clientId": work.client_id, "number": number, "approves": approves, "words": words}
        return await desk.send("POST", "clients/exposureRaise", told)

    limits = await work.client.done("PUT", "limits/means", richer)
    assert (limits["exposureLimitMinor"], limits["exposureRaise"]["limitMinor"]) == (3_000_00, 15_000_00)
    assert work.site.site.profiles.of(work.account_id).exposure_limit_atoms == before, "nothing counts yet"
    assert reason_of(await work.client.send("PUT", "limits/means", richer)) == "declared_too_soon"
    number = limits["exposureRaise"]["number"]
    notices = [each["subject"] for each in await work.client.done("GET", "notices")]
    assert notices.count("Your higher exposure limit waits") == 1
    waits = [each for each in await work.officer.done("GET", "queue") if each["kind"] == "exposure_raise"]
    assert [(each["itemId"], each["about"]) for each in waits] == [(work.client_id, work.client_id)]
    assert (await work.standing())["exposureRaise"]["limitMinor"] == 15_000_00
    assert reason_of(await answered(work.reviewer, number, approves=True)) == "role_missing"
    assert reason_of(await answered(work.officer, number, approves=False, words="")) == "reason_missing"
    declined = await answered(work.officer, number, approves=False)
    assert (declined.json()["exposureLimitMinor"], declined.json()["exposureRaise"]) == (3_000_00, None)
    room.exposure.assess(work.client_id, Means(50_000_00, 0, 0), work.site.now_ns)
    (asked,) = room.exposure.waiting()
    number = asked.number
    raised = await answered(work.responsible, number, approves=True)
    assert (raised.json()["exposureLimitMinor"], raised.json()["exposureRaise"]) == (15_000_00, None)
    assert work.site.site.profiles.of(work.account_id).exposure_limit_atoms == 5 * before
    assert reason_of(await answered(work.officer, number, approves=True)) == "raise_not_waiting"
    logged = {each.event for each in work.site.site.staff.audit.entries(subject=work.client_id, most=1_000)}
    assert {"client limit raised", "client limit not raised"} <= logged
    told = [each["subject"] for each in await work.client.done("GET", "notices")]
    assert told.count("Your exposure limit stays as it is") == 1
