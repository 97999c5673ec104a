"""Two small licences with a common base, their controls, and facts that keep them, for the engine's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec

from lionrock.rulebook.code_version import CodeVersion
from lionrock.rulebook.control import Control, Figure, Finding, Moment, Verdict, control
from lionrock.rulebook.facts import Attested, CapitalPosition, GateWired, RecordClass, Setting
from lionrock.rulebook.loading import Library, load_library
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

PACKS = Path(__file__).with_name("packs")
CONTROLS: dict[str, Control] = {}
CODE = CodeVersion("0.1.0", "ab" * 32, "cd" * 32)
_DAY_NS = 86_400 * 10**9


def ns(text: str) -> int:
    """Nanoseconds of a time with its zone."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


NOON = ns("2026-06-01T12:00:00+08:00")


class Token(msgspec.Struct, frozen=True):
    asset: str
    issued_on_ns: int
    indices: int = 2
    audience: str = "retail"


class LeastMinor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    least_minor: Annotated[int, Stricter.HIGHER]


class Keeping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    record_class: str
    keep_days: Annotated[int, Stricter.HIGHER]
    forget_after_days: Annotated[int, Stricter.LOWER] = 10**6
    fields: Annotated[tuple[str, ...], Stricter.UNION] = ()

    def contradiction(self) -> str:
        if self.keep_days > self.forget_after_days:
            return f"kept {self.keep_days} days at least and {self.forget_after_days} at most"
        return ""


class LeastDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    least_days: Annotated[int, Stricter.HIGHER]


class LeastIndices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    least_indices: Annotated[int, Stricter.HIGHER]


class Forbidden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    forbidden: Annotated[tuple[str, ...], Stricter.UNION]


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Within(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: str
    most_days: Annotated[int, Stricter.LOWER]


@control(Kind.INVARIANT, CONTROLS)
def capital_paid_up(parameters: LeastMinor, positions: Sequence[CapitalPosition], moment: Moment) -> Finding:
    """Paid-up capital is as much as the rule asks."""
    if not positions:
        return Finding(Verdict.NO_DATA, "No position was recorded.")
    paid = positions[-1].paid_up_minor
    verdict = Verdict.PASS if paid >= parameters.least_minor else Verdict.FAIL
    figures: dict[str, Figure] = {"paid_up_minor": paid, "least_minor": parameters.least_minor}
    return Finding(verdict, f"{paid} is paid up.", figures, "" if verdict is Verdict.PASS else "Pay in.")


@control(Kind.INVARIANT, CONTROLS)
def records_kept(parameters: Keeping, classes: Sequence[RecordClass], moment: Moment) -> Finding:
    """Records of a class are kept long enough."""
    kept = [each.keep_days for each in classes if each.record_class == parameters.record_class]
    verdict = Verdict.PASS if kept and min(kept) >= parameters.keep_days else Verdict.FAIL
    return Finding(verdict, f"Kept {kept} days.", {"least_days": parameters.keep_days})


@control(Kind.INVARIANT, CONTROLS)
def setting_told(parameters: Named, settings: Sequence[Setting], moment: Moment) -> Finding:
    """A setting is there."""
    names = {setting.name for setting in settings}
    return Finding(Verdict.PASS if parameters.name in names else Verdict.FAIL, f"{len(names)} settings.")


@control(Kind.ATTESTATION, CONTROLS)
def was_attested(parameters: Within, attested: Sequence[Attested], moment: Moment) -> Finding:
    """Somebody stated it, not too long ago."""
    times = [each.attested_ns for each in attested if each.subject == parameters.subject]
    if not times:
        return Finding(Verdict.NO_DATA, "Nobody has attested it.")
    days = (moment.now_ns - max(times)) // _DAY_NS
    return Finding(Verdict.ATTESTED if days < parameters.most_days else Verdict.DUE, f"{days} days ago.")


@control(Kind.GATE, CONTROLS)
def asset_is_old_enough(parameters: LeastDays, token: Token, moment: Moment) -> Finding:
    """An asset was issued long enough ago."""
    days = (moment.now_ns - token.issued_on_ns) // _DAY_NS
    if days < parameters.least_days:
        figures: dict[str, Figure] = {"age_days": days, "least_days": parameters.least_days}
        return Finding(Verdict.FAIL, f"{token.asset} is {days} days old.", figures, "Come back when it is older.")
    return Finding(Verdict.PASS, f"{token.asset} is {days} days old.", {"age_days": days})


@control(Kind.GATE, CONTROLS)
def asset_in_indices(parameters: LeastIndices, token: Token, moment: Moment) -> Finding:
    """An asset stands in enough indices."""
    if token.indices < parameters.least_indices:
        figures: dict[str, Figure] = {"indices": token.indices, "least_indices": parameters.least_indices}
        return Finding(Verdict.FAIL, f"{token.asset} is in {token.indices} indices.", figures, "Offer it to others.")
    return Finding(Verdict.PASS, f"{token.asset} is in {token.indices} indices.", {"indices": token.indices})


@control(Kind.GATE, CONTROLS)
def asset_not_named(parameters: Forbidden, token: Token, moment: Moment) -> Finding:
    """An asset has no forbidden name."""
    if token.asset in parameters.forbidden:
        return Finding(Verdict.FAIL, f"{token.asset} is a forbidden name.", {}, "Rename it.")
    return Finding(Verdict.PASS, f"{token.asset} is no forbidden name.")


class Facts:
    """Facts of a site by type; what is not there is supplied by nobody."""

    def __init__(self, by_type: dict[type[Any], Sequence[Any]]) -> None:
        self.by_type = by_type
        self.asked: list[str] = []

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        self.asked.append(fact_type.__name__)
        return self.by_type.get(fact_type)


def good_facts() -> Facts:
    """Everything as the licences ask."""
    return Facts(
        {
            CapitalPosition: [CapitalPosition("op", NOON, "HKD", 900_000_000, 1, 1, 1, 1, 0)],
            RecordClass: [RecordClass("orders", ("orders",), 3000, "record", is_erased_after=True)],
            Setting: [Setting("transfers.names", 1)],
            Attested: [Attested("technology_audit", NOON - 100 * _DAY_NS, "s1", "s2", "00" * 32)],
            Token: [Token("A", NOON - 400 * _DAY_NS), Token("B", 0, 5)],
            GateWired: [
                GateWired(name, "compliance.tokens", 5, 1) for name in ("asset_is_old_enough", "asset_in_indices")
            ],
        }
    )


def library(packs: Path = PACKS) -> Library:
    return load_library(packs, CONTROLS)


def regime(*licences: str) -> Regime:
    return Regime(library(), licences or ("HARBOUR-VATP",))
