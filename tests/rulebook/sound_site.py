"""Facts of a site that does everything right, made from what the packs ask for: to show that each row can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lionrock.rulebook.control import CONTROLS
from lionrock.rulebook.controls.spans import NS_PER_DAY
from lionrock.rulebook.facts import (
    AgreementVersion,
    AssetSum,
    Attested,
    CapitalPosition,
    ClientRecord,
    EntityAccount,
    GateWired,
    MovementTally,
    Obligation,
    OrderGateSetting,
    RecordClass,
    RecordProof,
    RecordShape,
    Setting,
    StaffRecord,
    StandingAuthority,
    TokenRecord,
    Watched,
)
from lionrock.rulebook.loading import Library

RELEASE = "ab" * 32


class SoundSite:
    """A source of facts; `without` leaves types out, as a site whose room is not there."""

    def __init__(self, library: Library, now_ns: int, without: Iterable[type[msgspec.Struct]] = ()) -> None:
        asked = [(check.control.name, msgspec.to_builtins(check.parameters)) for check in _checks(library)]
        self._facts: dict[type[msgspec.Struct], Sequence[msgspec.Struct]] = {
            **_of_registers(asked, now_ns),
            **_of_money(now_ns),
            **_of_people(now_ns),
        }
        for fact_type in without:
            del self._facts[fact_type]

    def facts(self, fact_type: type[msgspec.Struct]) -> Any:
        return self._facts.get(fact_type)


def _checks(library: Library) -> Iterable[Any]:
    return (check for pack in library.packs.values() for rule in pack.rules for check in rule.checks)


def _of_registers(asked: list[tuple[str, dict[str, Any]]], now_ns: int) -> dict[Any, Any]:
    """Settings, shapes, classes, obligations, statements and gates by their names."""
    settings: dict[str, int | str] = {
        "entity.trust": "TRUST", "entity.operator": "OPERATOR", "login.second_factor_required": "yes",
        "channel.telephone": "off", "custody.licensed_custodian": "no", "release.document_sha256": RELEASE,
        "records.storage_approval_reference": "SFC/2026/17", "sandbox.quoted_markets": 2,
        "market_data.free_after_minutes": 0,
    }  # fmt: skip
    fields: dict[str, set[str]] = {}
    keep: dict[str, int] = {}
    for name, told in asked:
        if name == "setting_is":
            settings[told["name"]] = told["allowed"][-1] if len(told["allowed"]) == 1 else "forbidden"
        if name == "product_needs_approval":
            settings[f"product.{told['product']}"] = "forbidden"
        if name == "fields_present":
            fields.setdefault(told["record"], set()).update(told["fields"])
        if name == "kept_at_least":
            keep[told["record_class"]] = max(keep.get(told["record_class"], 0), told["keep_days"])
    settings["notice.may_opt_out"] = "trade"
    kinds = {told["kind"] for name, told in asked if name == "done_in_time"}
    subjects = {told["subject"] for name, told in asked if name in {"attested_within", "attested_for"}}
    rejections = {told["rejection"] for name, told in asked if name == "order_gate_is_set"}
    return {
        Setting: [Setting(name, value) for name, value in settings.items()],
        RecordShape: [RecordShape(record, tuple(sorted(names))) for record, names in fields.items()],
        RecordClass: [
            RecordClass(name, (name,), days, _event(name), is_erased_after=True) for name, days in keep.items()
        ],
        Watched: [Watched(kind, "register") for kind in kinds],
        Obligation: [Obligation(kind, f"{kind}-1", now_ns - NS_PER_DAY, now_ns) for kind in kinds],
        Attested: [Attested(subject, now_ns - NS_PER_DAY, "s1", "s2", RELEASE) for subject in subjects],
        OrderGateSetting: [OrderGateSetting(name, 3, 3) for name in rejections],
        GateWired: [GateWired(name, "the site") for name in CONTROLS],
    }


def _event(record_class: str) -> str:
    return {"client_identity": "end_of_relationship", "system_documentation": "end_of_system"}.get(
        record_class, "record"
    )


def _of_money(now_ns: int) -> dict[Any, Any]:
    amounts = {
        "paid_up_minor": 10**9, "liquid_capital_minor": 10**9, "required_liquid_capital_minor": 3 * 10**8,
        "liquid_assets_minor": 3 * 10**9, "operating_expenses_12_months_minor": 2 * 10**9,
        "last_return_liquid_capital_minor": 10**9, "fixed_overheads_last_year_minor": 10**9,
    }  # fmt: skip
    return {
        CapitalPosition: [
            CapitalPosition(entity="OPERATOR", as_of_ns=now_ns - NS_PER_DAY, currency=currency, **amounts)
            for currency in ("HKD", "AED", "EUR")
        ],
        AssetSum: [AssetSum("BTC", 0, 0, 500, 500)],
        EntityAccount: [
            EntityAccount(1, "CUSTODY", "TRUST", may_trade=False, has_debt=True),
            EntityAccount(11, "CLIENT", "TRUST", may_trade=True, has_debt=False),
            EntityAccount(21, "HOUSE", "OPERATOR", may_trade=False, has_debt=False),
        ],
        MovementTally: [MovementTally("WITHDRAWAL", 3, 3)],
        RecordProof: [
            RecordProof(now_ns, is_whole=True, frames=9, last_backup_ns=now_ns, last_backup_drilled_ns=now_ns)
        ],
        StandingAuthority: [],
    }


def _of_people(now_ns: int) -> dict[Any, Any]:
    client = ClientRecord(
        client_id="c1", state="active", client_class="retail", is_person=True, may_trade=True,
        due_diligence_complete=True, knowledge_passed_ns=now_ns, risk_profile="balanced", risk_method_version="1",
        exposure_limit_minor=1, exposure_notified_ns=now_ns, agreement_accepted_ns=now_ns, agreement_is_current=True,
        last_activity_ns=now_ns, tax_self_certified_ns=now_ns, residence_is_admitted=True,
    )  # fmt: skip
    return {
        ClientRecord: [client],
        AgreementVersion: [AgreementVersion("client_agreement", "ab", 0, 0, is_first=True, clauses=("suitability",))],
        StaffRecord: [StaffRecord("s1", ("operator",), True, True, now_ns, False)],
        TokenRecord: [],
    }
