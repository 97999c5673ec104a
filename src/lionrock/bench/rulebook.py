"""The rulebook over many clients, beside a bare pass over the same facts."""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypedDict

import msgspec

from lionrock.rulebook.checking import check
from lionrock.rulebook.code_version import code_version
from lionrock.rulebook.facts import (
    Attested,
    CapitalPosition,
    ClientRecord,
    EntityAccount,
    GateWired,
    Obligation,
    OrderGateSetting,
    RecordClass,
    RecordShape,
    Setting,
    Watched,
)
from lionrock.rulebook.loading import LoadedCheck, shipped_library
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.rule import Kind

SEED = 6
LICENCE = "HK-VATP"
NOW_NS = 1_780_286_400 * 10**9
"""1 June 2026, 04:00 UTC: a Monday in Hong Kong."""
_DAY_NS = 86_400 * 10**9
_OBLIGATIONS_EACH = 20
"""Clients for one paper that has to be sent in time."""

Clock = Callable[[], float]
Progress = Callable[[str, int, int], None]


class Figures(TypedDict):
    """What is measured; seconds are medians of the rounds, and the ratio is of the same rounds."""

    clients: int
    facts: int
    rules: int
    checks_that_were_asked: int
    facts_looked_at: int
    engine_s: float
    bare_pass_s: float
    ratio: float
    hashing_s: float
    facts_looked_at_per_s: int
    facts_mib: float
    engine_peak_mib: float
    statuses: dict[str, int]


class Population:
    """Facts of a site with so many clients; what the rules ask for by name is there."""

    def __init__(self, regime: Regime, clients: int) -> None:
        asked = [check for rule in regime.at(NOW_NS) for check in rule.loaded.checks]
        self.by_type: dict[type[Any], Sequence[Any]] = {
            **_of_clients(clients, Random(SEED)),
            **_of_registers(asked, clients),
        }

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        return self.by_type.get(fact_type)


def bench_rulebook(clients: int, rounds: int, clock: Clock, progress: Progress) -> Figures:
    """The Hong Kong pack over so many clients. Facts are made before the clock runs."""
    regime = Regime(shipped_library(), [LICENCE])
    before_mib = _resident_mib()
    source = Population(regime, clients)
    facts_mib = _resident_mib() - before_mib
    passes = _passes(regime, source)
    engine, bare, hashing = [], [], []
    run = None
    gc.disable()
    try:
        for number in range(rounds):
            progress("asking every rule", rounds, number)
            started = clock()
            run = check(regime, source, NOW_NS, site="bench", run_id=f"{number}", code=code_version()).run
            engine.append(clock() - started)
            started = clock()
            _bare_pass(passes)
            bare.append(clock() - started)
            started = clock()
            _written(source)
            hashing.append(clock() - started)
            gc.collect()
    finally:
        gc.enable()
    middle = rounds // 2
    statuses: dict[str, int] = {}
    for rule in run.rules if run else ():
        statuses[rule.status.value] = statuses.get(rule.status.value, 0) + 1
    looked_at = sum(len(rows) for rows in passes)
    return {
        "clients": clients,
        "facts": sum(map(len, source.by_type.values())),
        "rules": len(regime.at(NOW_NS)),
        "checks_that_were_asked": len(passes),
        "facts_looked_at": looked_at,
        "engine_s": round(sorted(engine)[middle], 3),
        "bare_pass_s": round(sorted(bare)[middle], 3),
        "ratio": round(sorted(one / other for one, other in zip(engine, bare, strict=True))[middle], 2),
        "hashing_s": round(sorted(hashing)[middle], 3),
        "facts_looked_at_per_s": round(looked_at / sorted(engine)[middle]),
        "facts_mib": round(facts_mib, 1),
        "engine_peak_mib": round(_peak_mib() - before_mib - facts_mib, 1),
        "statuses": statuses,
    }


def _passes(regime: Regime, source: Population) -> list[Sequence[Any]]:
    """The facts that each check of the engine looks at."""
    return [
        rows
        for rule in regime.at(NOW_NS)
        if not rule.loaded.rule.waits_for
        for check in rule.loaded.checks
        for fact_type in check.control.facts.values()
        if (rows := source.facts(fact_type)) is not None
    ]


def _bare_pass(passes: Sequence[Sequence[Any]]) -> int:
    """What no engine can do without: for each check, look at each fact and read one field of it."""
    found = 0
    for rows in passes:
        name = rows[0].__struct_fields__[0] if rows else ""
        for row in rows:
            if getattr(row, name):
                found += 1
    return found


def _written(source: Population) -> None:
    """What evidence costs: the canonical bytes of all facts and their hashes. Part of the engine's time."""
    from lionrock.rulebook.checking import FactsOnce  # noqa: PLC0415 only the bench looks inside

    once = FactsOnce(source)
    for fact_type in source.by_type:
        once.input_used(fact_type)


def _of_clients(clients: int, chance: Random) -> dict[type[Any], Sequence[Any]]:
    """Most of them keep every rule; one in a hundred lacks something."""
    records = []
    for number in range(clients):
        lacks = chance.randrange(100) == 0
        then = NOW_NS - chance.randrange(1, 300) * _DAY_NS
        records.append(
            ClientRecord(
                client_id=f"{number:032x}",
                state="active",
                client_class=("retail", "retail", "professional")[number % 3],
                is_person=number % 5 != 0,
                may_trade=not lacks,
                due_diligence_complete=not lacks,
                knowledge_passed_ns=then,
                risk_profile="balanced",
                risk_method_version="1",
                exposure_limit_minor=1_000_000,
                exposure_notified_ns=then,
                exposure_reviewed_ns=then,
                professional_evidence_until_ns=NOW_NS + 100 * _DAY_NS,
                agreement_sha256="ab" * 32,
                agreement_accepted_ns=then,
                agreement_is_current=True,
                next_review_ns=NOW_NS + 100 * _DAY_NS,
                last_activity_ns=then,
                risk_rating="low",
                tax_self_certified_ns=then,
                residence_is_admitted=True,
            )
        )
    accounts = [EntityAccount(number, "CLIENT", "TRUST", True, False) for number in range(1, clients + 1)]
    return {ClientRecord: records, EntityAccount: accounts}


def _of_registers(asked: Sequence[LoadedCheck], clients: int) -> dict[type[Any], Sequence[Any]]:
    told = [(each.control, msgspec.to_builtins(each.parameters)) for each in asked]
    kinds = sorted({each["kind"] for control, each in told if Obligation in control.facts.values() and "kind" in each})
    papers = clients // _OBLIGATIONS_EACH
    return {
        Watched: [Watched(kind, "bench") for kind in kinds],
        Obligation: [
            Obligation(kind, f"{number}", NOW_NS - 2 * _DAY_NS, NOW_NS - 2 * _DAY_NS + 10**9)
            for kind in kinds
            for number in range(papers)
        ],
        GateWired: [GateWired(each.name, "bench") for each, _ in told if each.kind is Kind.GATE],
        Setting: [Setting(each["name"], 1) for _, each in told if "name" in each],
        RecordClass: [
            RecordClass(each["record_class"], ("t",), 9999, "record", True)
            for _, each in told
            if "record_class" in each
        ],
        RecordShape: [RecordShape(each["record"], tuple(each["fields"])) for _, each in told if "record" in each],
        OrderGateSetting: [OrderGateSetting(each["rejection"], 1, 1) for _, each in told if "rejection" in each],
        Attested: [
            Attested(each["subject"], NOW_NS - _DAY_NS, "s1", "s2", "00" * 32) for _, each in told if "subject" in each
        ],
        CapitalPosition: [CapitalPosition("op", NOW_NS, "HKD", 10**9, 10**9, 3 * 10**8, 10**9, 10**8, 10**9)],
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _resident_mib() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 a file of the kernel
        return int(file.read().split()[1]) * resource.getpagesize() / 1024**2
