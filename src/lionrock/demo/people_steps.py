"""Steps of the people: staff, an applicant whom the venue stops and two people clear, a product that is not for her."""

from __future__ import annotations

import json
from typing import Any

from lionrock.compliance.assessments.knowledge import read_bank
from lionrock.demo.people import Member, Session, application, sign_up, upload
from lionrock.demo.pictures import refusal_picture
from lionrock.demo.stage import Stage, left
from lionrock.people.staff.roles import Role
from lionrock.sim.api_client import Trader

ADMINISTRATORS = ("first", "second")
ROLES = (Role.ONBOARDING_REVIEWER, Role.COMPLIANCE_OFFICER, Role.RESPONSIBLE_OFFICER, Role.MARKET_OPERATIONS)
AGREEMENT = """What the venue does: it keeps clients' assets on trust and apart from its own.

What the client does: it trades for itself alone.
"""
LOW_RISK = {
    "client_type": "person",
    "jurisdiction": "HK",
    "product": "spot",
    "channel": "in_person",
    "industry": "employee",
    "ownership_layers": 0,
    "political_exposure": "none",
    "screening": "clear",
}
DOCUMENTS = {kind: b"%PDF-1.7 a specimen of a document: " + kind.encode() for kind in ("identity", "address")}


def staff(stage: Stage) -> None:
    first, second = (_enrolled(stage, name) for name in ADMINISTRATORS)
    stage.check(
        len(first.call("GET", "members")) == len(ADMINISTRATORS),
        "two administrators were enrolled on the machine itself, and nobody else is there: no default account",
    )
    alone = ""
    for role in ROLES:
        name = f"{role.value}@example.com"
        told = first.call("POST", "members", {"signInName": name, "person": role.value})
        stage.staff[role] = Member(stage.url, name, told["staffId"], told["enrolmentCode"])
        grant = first.propose("role_grant", "hired", staff_id=told["staffId"], role=role.value)
        alone = by_two(stage, first, second, grant)
    given = {role for row in second.call("GET", "members") for role in row["roles"]}
    stage.check(given >= set(ROLES), f"{', '.join(ROLES)}: each role proposed by one, approved by the other")
    stage.check(alone != "", f"alone it is refused: {alone}")
    publish_agreement(stage)


def by_two(stage: Stage, maker: Member, checker: Member, proposal: dict[str, Any]) -> str:
    """Approved by somebody else than who made it; what the maker is told who tries it alone."""
    refused = stage.refused("who proposes approves", lambda: maker.approve(proposal))
    state = checker.approve(proposal)
    if state != "carried_out":
        stage.check(False, f"{proposal['action']} is carried out: {state}")
    return str(refused["lionrock"]["words"])


def _enrolled(stage: Stage, name: str) -> Member:
    sign_in_name = f"{name}@example.com"
    done = stage.run("staff", "enrol", str(stage.data), "--name", sign_in_name, "--person", name, "--json")
    told = json.loads(done.stdout or "{}")
    stage.check(done.returncode == 0, f"lionrock staff enrol … --name {sign_in_name}")
    return Member(stage.url, sign_in_name, told["staff_id"], told["enrolment_code"])


def publish_agreement(stage: Stage) -> None:
    officer, responsible = stage.staff[Role.COMPLIANCE_OFFICER], stage.staff[Role.RESPONSIBLE_OFFICER]
    proposed = officer.propose(
        "agreement_version",
        "the first one",
        agreement="client_agreement",
        texts={"en": AGREEMENT},
        in_force_ns=stage.clock_ms() * 1_000_000,
    )
    stage.check(
        responsible.approve(proposed) == "carried_out", "two officers put the client agreement in force, by its hash"
    )


def applicant(stage: Stage) -> None:
    session = sign_up(stage.url, "specimen@mail.example.com")
    draft = session.call("POST", "onboarding", {"kind": "person"})
    wrong = application(number="L898902C8")  # not what the zone of the passport says
    saved = session.call("PUT", "onboarding/form", {"version": draft["version"], "form": wrong})
    for kind, content in DOCUMENTS.items():
        upload(session, kind, content)
    missing = session.call("GET", "onboarding/missing")
    stopped = stage.refused(
        "an application that does not fit its passport", lambda: session.call("POST", "onboarding/submit")
    )
    stage.draw(refusal_picture(stopped, [row["words"] for row in missing]))
    stage.check(stopped["lionrock"]["name"] != "", "the venue reads the passport's check digits: stopped, and told why")
    session.call("PUT", "onboarding/form", {"version": saved["version"], "form": application(number="L898902C3")})
    state = session.call("POST", "onboarding/submit")["state"]
    stage.check(state != "active", f"corrected and handed in; no vendor is connected, so people look: {state}")
    client_id = session.call("GET", "onboarding")["clientId"]
    before_the_account(stage, session)
    cleared_by_two(stage, client_id)
    where = session.call("GET", "onboarding")
    stage.check(where["state"] == "active", f"the account is open: {session.call('GET', 'user')['accountId']}")
    stage.client = session


def before_the_account(stage: Stage, session: Session) -> None:
    """What a client does itself before its account is opened."""
    to_do = ", ".join(each["name"] for each in session.call("GET", "onboarding")["toDo"])
    paper = session.call("POST", "knowledgeTest", {"language": "en"})
    session.call("PUT", "knowledgeTest", {"testId": paper["testId"], "answers": _answers(paper)})
    for agreement in session.call("GET", "agreements"):
        session.call("POST", "agreements", {"sha256": agreement["sha256"]})
    left = session.call("GET", "onboarding")["toDo"]
    stage.check(left == [], f"asked for before there is an account, and done: {to_do}")


def cleared_by_two(stage: Stage, client_id: str) -> None:
    reviewer, officer = stage.staff[Role.ONBOARDING_REVIEWER], stage.staff[Role.COMPLIANCE_OFFICER]
    file = reviewer.call("GET", f"clients/file?clientId={client_id}")
    for member in (reviewer, officer):
        for document in file["documents"]:
            told = {"documentId": document["documentId"], "reasonCode": "review_passed", "words": "to compare"}
            member.read("POST", "clients/documents/read", told)
    reviewer.call("POST", "clients/risk", {"clientId": client_id, "facts": LOW_RISK})
    alone = ""
    for decision in ("pass_identity", "approve"):
        proposed = reviewer.propose("onboarding_decision", "as it should be", client_id=client_id, decision=decision)
        alone = by_two(stage, reviewer, officer, proposed)
    stage.check(alone != "", f"the reviewer alone is refused: {alone}")
    steps = officer.call("GET", f"clients/file?clientId={client_id}")["steps"]
    twice = [step for step in steps if step["approverId"] and step["approverId"] != step["actorId"]]
    stage.check(
        [(step["actorId"], step["approverId"]) for step in twice] == [(reviewer.staff_id, officer.staff_id)] * 2,
        f"on record: {' and '.join(step['step'] for step in twice)}, proposed by the reviewer, approved by the officer",
    )


def not_for_her(stage: Stage) -> None:
    client = left(stage.client)
    assess(client)
    limits = client.call("GET", "limits")
    stage.check(limits["conditions"] == [], "risk profile and means are declared: nothing is missing")
    made = client.call("POST", "keys", {"rights": ["READ", "TRADE"]})
    trader = Trader(stage.connection(), made["apiKey"], made["secret"], stage.clock_ms)
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "price": "80000", "quantity": "0.01"}
    stage.refusal = stage.refused(
        "BTCUSDT for a retail client", lambda: trader.signed("POST", "/api/v1/spot/order", **order)
    )
    stage.draw(refusal_picture(stage.refusal))
    rules = stage.refusal["lionrock"].get("licence_rules", [])
    stage.check(bool(rules), f"the rule is named: {', '.join(rule['id'] for rule in rules)}")
    stage.check(
        bool(stage.refusal["lionrock"]["next_step"]) and not trader.signed("GET", "/api/v1/spot/openOrders"),
        "so is what to do next; no order of hers is there",
    )


def assess(session: Session) -> None:
    """What a client does itself before trading."""
    profile = session.call("GET", "riskProfile")
    bold = {question["id"]: question["choices"][-1]["id"] for question in profile["questions"]}
    session.call("POST", "riskProfile", {"answers": bold})
    means = {"netWorthMinor": 100_000_000, "yearlyIncomeMinor": 50_000_000, "heldElsewhereMinor": 0}
    session.call("PUT", "limits/means", means)


def _answers(paper: dict[str, Any]) -> dict[str, str]:
    """What the training says, which ships with the site."""
    bank = read_bank()
    texts, by_id = bank.languages["en"].questions, {question.id: question for question in bank.questions}
    answers = {}
    for asked in paper["questions"]:
        right = getattr(texts[asked["questionId"]], by_id[asked["questionId"]].answer)
        answers[asked["questionId"]] = next(letter for letter, words in asked["choices"].items() if words == right)
    return answers
