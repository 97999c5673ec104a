"""The gates of the packs that ship: what the Hong Kong rules let a client do, and every decision worked out again."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.terms import Effect
from lionrock.gateways.rest.licence_rules import citations, licence_rules
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decisions import Decision
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.regime import Regime
from lionrock.words.rejections import Rejection
from tests.compliance.gates.test_client_clock import until
from tests.compliance.rooms import CLIENT, START_NS, opened, person

REGIME = Regime(shipped_library(), ["hk"])


@pytest.mark.shows("CGAT-009", "CGAT-011")
async def test_a_client_with_everything_passes_the_packs_own_gates(tmp_path: Path) -> None:
    kept: list[Decision] = []
    rulebook = Rulebook(REGIME, kept.extend)
    async with opened(tmp_path, rulebook=rulebook) as room:
        room.complete()
        current = await room.clock.attend(CLIENT, START_NS)
        assert current is not None
        assert current.conditions == ()
        assert {each.gate for each in kept} == set(room.assessments.terms.gates)
        cited = {rule.id for each in kept if each.is_admitted for rule in each.rules}
        assert {"HK-K01", "HK-K02", "HK-K03"} <= cited
        assert await room.buy() == "placed"


@pytest.mark.shows_rule("HK-K07")
@pytest.mark.shows("CGAT-009")
async def test_a_refusal_of_a_pack_tells_its_rule(tmp_path: Path) -> None:
    async with opened(tmp_path, person(duplicate_of="beef"), rulebook=Rulebook(REGIME)) as room:
        room.complete()
        current = await room.clock.attend(CLIENT, START_NS)
        assert current is not None
        (condition,) = current.conditions
        assert (condition.name, condition.rules, condition.effect) == (
            "one_account_per_client",
            ("HK-K07",),
            Effect.NO_ORDERS,
        )
        assert condition.words
        assert condition.next_step
        assert await room.buy() == "PRODUCT_NOT_PERMITTED"


@pytest.mark.shows("ASSE-081")
async def test_a_years_decisions_are_worked_out_again_to_the_byte(tmp_path: Path) -> None:
    kept: list[Decision] = []
    rulebook = Rulebook(REGIME, kept.extend)
    async with opened(tmp_path, person(), person("beef", 601), rulebook=rulebook) as room:
        for client_id in (CLIENT, "beef"):
            room.complete(client_id)
        await room.clock.look_at_all(START_NS)
        await until(room, START_NS + 400 * DAY_NS)
        assert len({each.at_ns for each in kept}) >= 2
        for decision in kept:
            assert rulebook.again(decision).encode() == decision.encode()
        for client_id in (CLIENT, "beef"):
            for body in room.gates.decisions_of(client_id):
                for told in body.decisions:
                    again = rulebook.again(msgspec.convert(told, Decision))
                    assert canonical(msgspec.to_builtins(again)) == canonical(told)


@pytest.mark.shows("CGAT-010")
def test_the_licence_rules_behind_a_rejection_come_from_the_packs() -> None:
    rules = licence_rules(REGIME, START_NS)
    assert set(rules) <= Rejection.__members__.keys()
    told = {each.id: each.citation for each in rules["EXPOSURE_ABOVE_LIMIT"]}
    assert "HK-K03" in told or "HK-K10" in told
    assert all(citation and citation == citations(REGIME, START_NS)[rule] for rule, citation in told.items())
