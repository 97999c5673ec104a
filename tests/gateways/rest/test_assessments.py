"""A client's own assessments over HTTP: the way to the first order, reasons of refusals, nobody else's objects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lionrock.compliance.assessments.assessments import Assessments, read_data
from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.gates import by_staff
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.gates.client_gates import ClientGates, Ledger
from lionrock.gateways.rest.contract import Assessed
from tests.compliance.rooms import (
    DOCUMENT,
    EVA,
    FINN,
    LOW_RISK,
    SITE,
    TERMS_OF_SERVICE,
    Onboarding,
    Outbox,
    best_answers,
    person,
)
from tests.gateways.rest.inside import START_NS, Browser, Inside, code_of, reason_of


class Assessing:
    """A site that assesses, with two clients who are signed in."""

    def __init__(self, inside: Inside, gates: ClientGates, onboarding: Onboarding) -> None:
        self.inside, self.gates, self.assessments = inside, gates, gates.assessments
        self.clock, self.onboarding = ClientClock(gates), onboarding

    async def client(self, name: str, client_id: str) -> Browser:
        """A user whose application was accepted."""
        await self.inside.user(name)
        browser = await self.inside.sign_in(name)
        account_id = int(browser.signed_in["accountId"])
        self.onboarding.by_id[client_id] = person(client_id, account_id, since_ns=START_NS)
        self.onboarding.by_user[browser.signed_in["userId"]] = client_id
        return browser


@asynccontextmanager
async def assessing(directory: Path) -> AsyncIterator[Assessing]:
    inside = Inside(directory)
    async with inside.open():
        site, onboarding = inside.site, Onboarding()
        assessments = Assessments(
            site.database, site.sealer, site.random_bytes, data=read_data(), clients=onboarding, notices=Outbox()
        )
        ledger = Ledger(site.node, site.catalogue, site.owners, site.profiles, site.database)
        room = Assessing(inside, ClientGates(ledger, assessments, None, SITE), onboarding)
        inside.venue.assessed = Assessed(assessments, room.gates, room.clock, {"HK-K01": "VATP 9.4"})
        await by_staff.publish_agreement(
            room.clock, EVA, "client_agreement", {"en": TERMS_OF_SERVICE}, approver=FINN, in_force_ns=inside.now_ns,
            at_ns=inside.now_ns,
        )  # fmt: skip
        yield room


def right(room: Assessing, paper: dict[str, Any], wrong: int = 0) -> dict[str, str]:
    bank = room.assessments.knowledge.bank
    texts, by_id = bank.languages["en"].questions, {each.id: each for each in bank.questions}
    answers = {}
    for place, shown in enumerate(paper["questions"]):
        text = getattr(texts[shown["questionId"]], by_id[shown["questionId"]].answer)
        letter = next(letter for letter, each in shown["choices"].items() if each == text)
        answers[shown["questionId"]] = letter if place >= wrong else "abcd"[("abcd".index(letter) + 1) % 4]
    return answers


@pytest.mark.shows("ASSE-090")
async def test_the_way_to_the_first_order(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        ann = await room.client("ann@example.com", "aa")
        limits = await ann.done("GET", "limits")
        assert {each["name"] for each in limits["conditions"]} == {
            "risk_not_rated",
            "knowledge_test_not_passed",
            "risk_profile_missing",
            "exposure_limit_missing",
            "agreement_not_accepted",
        }
        knowledge = next(each for each in limits["conditions"] if each["name"] == "knowledge_test_not_passed")
        assert knowledge == {
            "name": "knowledge_test_not_passed",
            "effect": "no_orders",
            "words": "the knowledge test is not passed",
            "figures": {"pass_correct": "12"},
            "nextStep": "take the knowledge test",
            "licenceRules": [{"id": "HK-K01", "citation": "VATP 9.4"}],
        }
        await by_staff.rate_risk(room.clock, EVA, "aa", LOW_RISK, room.inside.now_ns)
        assert (await ann.done("GET", "knowledgeTest"))["questions"] == 15
        paper = await ann.done("POST", "knowledgeTest", {"language": "en"})
        assert "answer" not in paper["questions"][0]
        told = {"testId": paper["testId"], "answers": right(room, paper)}
        assert (await ann.done("PUT", "knowledgeTest", told))["isPassed"] is True
        profile = await ann.done("GET", "riskProfile")
        assert (profile["profile"], len(profile["questions"])) == ("", 6)
        answers = best_answers(room.assessments.data.profile[0])
        assert (await ann.done("POST", "riskProfile", {"answers": answers}))["profile"] == "aggressive"
        means = {"netWorthMinor": 10_000_000, "yearlyIncomeMinor": 5_000_000, "heldElsewhereMinor": 0}
        assert (await ann.done("PUT", "limits/means", means))["exposureLimitMinor"] == 4_000_000
        (agreement,) = await ann.done("GET", "agreements")
        text = await ann.done("GET", f"agreements/text?sha256={agreement['sha256']}")
        assert text["text"] == TERMS_OF_SERVICE
        (accepted,) = await ann.done("POST", "agreements", {"sha256": agreement["sha256"]})
        assert accepted["acceptedAtMs"] > 0
        limits = await ann.done("GET", "limits")
        assert (limits["clientClass"], limits["conditions"]) == ("retail", [])
        assert [(each["exposureLimit"], each["products"], each["restriction"]) for each in limits["accounts"]] == [
            ("40000", ["spot"], "none")
        ]
        assert [each["minor"] for each in limits["exposureSteps"]] == [3_000_000, 1_000_000, 4_000_000, 4_000_000]


@pytest.mark.shows("ASSE-080")
async def test_every_refusal_says_what_which_rule_which_numbers_what_next(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        ann = await room.client("ann@example.com", "aa")
        paper = await ann.done("POST", "knowledgeTest", {})
        told = {"testId": paper["testId"], "answers": right(room, paper, wrong=4)}
        assert (await ann.done("PUT", "knowledgeTest", told))["weakTopics"] == ["technology", "custody"]
        begin_ms, end_ms = room.inside.now_ns // 10**6 + 1000, room.inside.now_ns // 10**6 + 400 * 86_400_000
        authority = {"scope": "settlement", "documentSha256": DOCUMENT, "beginsAtMs": begin_ms, "endsAtMs": end_ms}
        for method, path, body, name, rules in (
            ("POST", "knowledgeTest", {}, "training_not_opened", ["HK-K01"]),
            ("PUT", "knowledgeTest", told, "test_answered", ["HK-K01"]),
            ("POST", "knowledgeTest/training", {"topic": "cooking"}, "topic_unknown", ["HK-K01"]),
            ("POST", "riskProfile", {"answers": {}}, "answer_missing", ["HK-K02"]),
            (
                "PUT",
                "limits/means",
                {"netWorthMinor": 1, "yearlyIncomeMinor": 1, "heldElsewhereMinor": 1},
                "risk_profile_missing",
                ["HK-K03"],
            ),
            ("POST", "agreements", {"sha256": "0" * 64}, "version_not_offered", ["HK-K05"]),
            ("POST", "standingAuthorities", authority, "authority_too_long", ["HK-C15"]),
            ("POST", "reactivation", {}, "not_dormant", ["HK-C19"]),
        ):
            answer = await ann.send(method, path, body)
            assert reason_of(answer) == name
            reason = answer.json()["lionrock"]
            assert [each["id"] for each in reason["licence_rules"]] == rules
            assert reason["words"]
            assert reason["next_step"]
        await ann.done("POST", "knowledgeTest/training", {"topic": "technology", "language": "zh-Hant"})
        await ann.done("POST", "knowledgeTest/training", {"topic": "custody"})
        early = await ann.send("POST", "knowledgeTest", {})
        assert early.json()["lionrock"]["figures"]["attempts"] == "1"
        assert reason_of(early) == "too_soon_after_failing"


@pytest.mark.shows("ASSE-091")
async def test_nobody_reaches_what_is_another_clients(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        ann, bob = await room.client("ann@example.com", "aa"), await room.client("bob@example.com", "bb")
        begin_ms = room.inside.now_ns // 10**6 + 60_000
        authority = {
            "scope": "settlement",
            "documentSha256": DOCUMENT,
            "beginsAtMs": begin_ms,
            "endsAtMs": begin_ms + 86_400_000,
        }
        made = await ann.done("POST", "standingAuthorities", authority)
        paper = await ann.done("POST", "knowledgeTest", {})
        told = {"testId": paper["testId"], "answers": right(room, paper)}
        assert reason_of(await bob.send("PUT", "knowledgeTest", told)) == "test_unknown"
        named = made["authorityId"]
        assert reason_of(await bob.send("DELETE", f"standingAuthorities?authorityId={named}")) == "authority_unknown"
        objection = await bob.send("POST", "standingAuthorities/objection", {"authorityId": named})
        assert reason_of(objection) == "authority_unknown"
        assert await bob.done("GET", "standingAuthorities") == []
        answers = best_answers(room.assessments.data.profile[0])
        await ann.done("POST", "riskProfile", {"answers": answers})
        await ann.done("POST", "agreements", {"sha256": (await ann.done("GET", "agreements"))[0]["sha256"]})
        assert (await bob.done("GET", "riskProfile"))["profile"] == ""
        assert (await bob.done("GET", "agreements"))[0]["acceptedAtMs"] == 0
        assert (await bob.done("GET", "limits"))["riskProfile"] == ""
        assert (await bob.done("GET", "knowledgeTest"))["attempts"] == 0
        assert (await ann.done("PUT", "knowledgeTest", told))["isPassed"] is True  # nothing of hers was changed
        assert (await ann.done("GET", "standingAuthorities"))[0]["revokedAtMs"] == 0
        await ann.done("POST", "standingAuthorities/objection", {"authorityId": named})
        assert (await ann.done("DELETE", f"standingAuthorities?authorityId={named}"))["revokedAtMs"] > 0


PATHS = (
    ("GET", "knowledgeTest"),
    ("POST", "knowledgeTest"),
    ("PUT", "knowledgeTest"),
    ("POST", "knowledgeTest/training"),
    ("GET", "riskProfile"),
    ("POST", "riskProfile"),
    ("GET", "limits"),
    ("PUT", "limits/means"),
    ("POST", "reactivation"),
    ("GET", "agreements"),
    ("GET", "agreements/text"),
    ("POST", "agreements"),
    ("GET", "standingAuthorities"),
    ("POST", "standingAuthorities"),
    ("DELETE", "standingAuthorities"),
    ("POST", "standingAuthorities/objection"),
)


@pytest.mark.shows("ASSE-091")
async def test_without_a_session_a_token_or_an_application_there_is_nothing(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        await room.inside.user("eve@example.com")
        eve = await room.inside.sign_in("eve@example.com")
        for method, path in PATHS:
            body: object = None if method in ("GET", "DELETE") else {}
            assert code_of(await room.inside.send(method, f"/lionrock/v1/{path}", body)) == -1002
            if method != "GET":
                assert code_of(await eve.send(method, path, body, x_lionrock_csrf="forged")) == -1002
            assert reason_of(await eve.send(method, path, body)) == "no_application"
        room.inside.venue.assessed = None
        for method, path in PATHS:
            body = None if method in ("GET", "DELETE") else {}
            assert code_of(await eve.send(method, path, body)) == -1101


@pytest.mark.shows("ASSE-071")
async def test_a_dormant_account_is_woken_with_a_second_factor(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        ann = await room.client("ann@example.com", "aa")
        await by_staff.rate_risk(room.clock, EVA, "aa", LOW_RISK, room.inside.now_ns)
        room.inside.now_ns += 366 * DAY_NS
        ann = await room.inside.sign_in("ann@example.com")
        limits = await ann.done("GET", "limits")
        assert "dormant" in {each["name"] for each in limits["conditions"]}
        assert limits["accounts"][0]["restriction"] == "frozen"
        assert reason_of(await ann.send("POST", "reactivation", {})) == "second_factor_needed"
        session = room.inside.site.people.sessions.find(ann.token, room.inside.now_ns)
        assert session is not None
        session.second_factor_ns = room.inside.now_ns
        limits = await ann.done("POST", "reactivation", {})
        assert "dormant" not in {each["name"] for each in limits["conditions"]}


@pytest.mark.shows("ASSE-022")
async def test_a_client_declares_anew_after_a_day_and_never_while_stopped(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        ann = await room.client("ann@example.com", "aa")
        best = best_answers(room.assessments.data.profile[0])
        careful = {"answers": dict.fromkeys(best, "a")}
        sent = await asyncio.gather(*(ann.send("POST", "riskProfile", careful) for _ in range(2)))
        assert [each.status_code for each in sent].count(200) == 1
        assert reason_of(await ann.send("POST", "riskProfile", {"answers": best})) == "declared_too_soon"
        means = {"netWorthMinor": 10_000_000, "yearlyIncomeMinor": 5_000_000, "heldElsewhereMinor": 0}
        before = (await ann.done("PUT", "limits/means", means))["exposureLimitMinor"]
        richer = means | {"netWorthMinor": 10**15}
        assert reason_of(await ann.send("PUT", "limits/means", richer)) == "declared_too_soon"
        seen = await ann.done("GET", "limits")
        assert (seen["riskProfile"], seen["exposureLimitMinor"]) == ("conservative", before)
        room.inside.now_ns += DAY_NS
        ann = await room.inside.sign_in("ann@example.com")
        room.onboarding.change("aa", state="suspended")
        assert reason_of(await ann.send("POST", "riskProfile", {"answers": best})) == "declaring_stopped"
        assert reason_of(await ann.send("PUT", "limits/means", richer)) == "declaring_stopped"
        room.onboarding.change("aa", state="active")
        assert (await ann.done("POST", "riskProfile", {"answers": best}))["profile"] == "aggressive"
        declared = await ann.done("PUT", "limits/means", means)
        assert declared["exposureLimitMinor"] == before
        assert declared["exposureRaise"]["limitMinor"] > before
