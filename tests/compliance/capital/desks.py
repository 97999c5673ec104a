"""Figures that can be worked out by hand, and who enters them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine

from lionrock.compliance.capital.book import CapitalBook
from lionrock.compliance.capital.facts import CapitalFacts
from lionrock.compliance.capital.figures import CapitalFigures, Facility, Line, LiquidAsset, MonthExpenses
from lionrock.compliance.capital.returns import ReturnKind, ReturnRules, Returns
from lionrock.compliance.capital.triggers import CapitalRules
from lionrock.compliance.papers.periods import Deadline
from lionrock.compliance.papers.press import Press
from lionrock.compliance.papers.rows import Rows
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.rulebook.facts import Attested
from lionrock.store.database import open_database
from lionrock.store.sealing import Sealer
from lionrock.words.side_notes import StatementKind
from tests.compliance.papers.desks import ENTITY, blank
from tests.compliance.places import HONG_KONG, Weekdays, at
from tests.views.sql.databases import Site

CHAN = StaffIdentity("s1", frozenset({"finance"}))
LEE = StaffIdentity("s2", frozenset({"finance"}))
HO = StaffIdentity("s3", frozenset({"responsible_officer"}))
NG = StaffIdentity("s4", frozenset({"technology"}))

DOLLAR = 100
MILLION = 1_000_000 * DOLLAR
RULES = CapitalRules(
    floor_minor=3 * MILLION,
    share_of_required_ppm=1_200_000,
    share_of_last_return_ppm=500_000,
    liabilities_minor=5 * MILLION,
    unmet_calls_business_days=3,
)
RETURNS = ReturnRules(
    {
        ReturnKind.MONTHLY_RETURN: Deadline(3, "weeks"),
        ReturnKind.MONTHLY_STATISTICS: Deadline(3, "weeks"),
        ReturnKind.ANNUAL_RETURN: Deadline(4, "months"),
    }
)
MONTHS = tuple(f"{2025 + (number + 2) // 12}-{(number + 2) % 12 + 1:02}" for number in range(12))
"""March 2025 to February 2026."""


def figures(**changed: Any) -> CapitalFigures:
    """Liquid capital of 6 million: 5.5 million in banks, 1 million in bills less a haircut of 1 %, and 490,000 owed."""
    plain = CapitalFigures(
        entity="LR-HK",
        currency="HKD",
        as_of_ns=at("2026-02-28 23:59:59"),
        paid_up_minor=5 * MILLION,
        liquid_assets=(
            LiquidAsset("Cash at banks", 5 * MILLION + MILLION // 2),
            LiquidAsset("Exchange fund bills", MILLION, 10_000),
        ),
        ranking_liabilities=(Line("Accrued charges", 490_000 * DOLLAR),),
        variable_required_minor=2 * MILLION,
        operating_expenses=tuple(MonthExpenses(month, 500_000 * DOLLAR) for month in MONTHS),
        profit_and_loss=(Line("Trading fees", 800_000 * DOLLAR), Line("Salaries", -450_000 * DOLLAR)),
        bank_facilities=(Facility("Harbour Bank", MILLION, 0),),
        off_platform_volume=(Line("BTC", 250_000 * DOLLAR),),
    )
    return msgspec.structs.replace(plain, **changed)


def with_liquid_capital(minor: int, **changed: Any) -> CapitalFigures:
    assets = (LiquidAsset("Cash at banks", minor),)
    return figures(liquid_assets=assets, ranking_liabilities=(), **changed)


class Ledger:
    """Stands in for the journal."""

    def __init__(self) -> None:
        self.digests: list[bytes] = []

    async def record(self, kind: StatementKind, digest: bytes) -> int:
        assert kind is StatementKind.RETURN
        self.digests.append(digest)
        return 500 + len(self.digests)


class Office:
    """Book, returns and facts over a data directory."""

    def __init__(self, database: Engine, site: Site | None, url: str, press: Press, rules: ReturnRules) -> None:
        self.stated: list[Attested] = []
        sealer = Sealer(bytes(32), os.urandom)
        self.now_ns = at("2026-03-05 10:00")
        self.database, self.ledger, self.rows = database, Ledger(), Rows(url)
        self.calendar = Weekdays()
        self.book = CapitalBook(
            database,
            sealer,
            os.urandom,
            rules=RULES,
            notice=Deadline(1, "business_days"),
            calendar=self.calendar,
            zone=HONG_KONG,
        )
        self.returns = Returns(
            database,
            sealer,
            self.book,
            self.rows,
            entity=ENTITY,
            rules=rules,
            calendar=self.calendar,
            zone=HONG_KONG,
            press=press,
            states=self.ledger,
            last_sequence=lambda: site.core.last_sequence if site else 0,
            attested=lambda: self.stated,
        )
        self.facts = CapitalFacts(self.book, self.returns, lambda: self.now_ns, lambda: at("2026-02-10 00:00"))

    def record(self, entered: CapitalFigures) -> str:
        return self.book.record(entered, CHAN, LEE, self.now_ns)

    def alarms(self) -> list[str]:
        return sorted(each.trigger for each in self.book.alarms())


@contextmanager
def opened(
    directory: Path,
    site: Site | None = None,
    url: str = "sqlite:///x",
    press: Press = blank,
    rules: ReturnRules = RETURNS,
) -> Iterator[Office]:
    database = open_database(directory)
    office = Office(database, site, url, press, rules)
    try:
        yield office
    finally:
        office.rows.close()
        database.dispose()
