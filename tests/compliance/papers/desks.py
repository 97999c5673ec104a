"""A small venue whose papers can be worked out by hand, and a job that makes them on a clock of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from lionrock.compliance.papers.documents import Client, Entity
from lionrock.compliance.papers.facts import PaperFacts
from lionrock.compliance.papers.job import Letterhead, PaperRules, PapersJob
from lionrock.compliance.papers.periods import Deadline, PaperKind
from lionrock.compliance.papers.press import Press
from lionrock.compliance.papers.rows import Rows
from lionrock.compliance.papers.shelf import PaperRow, Shelf
from lionrock.node.stamping import FIRST_ID, stamped
from lionrock.store.database import open_database
from lionrock.store.outbox.messages import Address, Channel, Content, Message
from lionrock.store.outbox.outbox import Outbox
from lionrock.store.sealing import Sealer
from lionrock.views.typesetting import Printed
from lionrock.words.commands import (
    Command,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceOrder,
    SetFeeTier,
    Transfer,
)
from lionrock.words.enumerations import (
    AccountKind,
    FeeCurrency,
    OrderType,
    Side,
    TimeInForce,
    TransferPurpose,
)
from lionrock.words.side_notes import StatementKind
from tests.compliance.places import HONG_KONG, Weekdays
from tests.views.sql.databases import Site

CUSTODY, FEES, ANN, BOB, CY = 1, 2, 11, 12, 13
BTC, USD = 1, 2
COIN, CENT = 10**8, 1
"""Atoms of one BTC, of one cent."""

ENTITY = Entity(
    "LR-HK",
    "Lionrock Exchange (Hong Kong) Limited",
    "1 Harbour Road, Wan Chai, Hong Kong",
    "Licensed by the Securities and Futures Commission, CE No. AAA000",
    "complaints@venue.example",
)
RULES = PaperRules(
    {
        PaperKind.CONTRACT_NOTE: Deadline(2, "business_days"),
        PaperKind.RECEIPT: Deadline(2, "business_days"),
        PaperKind.DAILY_STATEMENT: Deadline(1, "business_days"),
        PaperKind.MONTHLY_STATEMENT: Deadline(7, "business_days"),
    }
)


def opening() -> list[Command]:
    """BTC of 8 decimals, USD of 2; a market with ticks of a dollar, lots of 0.01 BTC, fees in the quote asset."""
    return [
        ListAsset(asset_id=BTC, decimals=8, code="BTC"),
        ListAsset(asset_id=USD, decimals=2, code="USD"),
        OpenAccount(account_id=CUSTODY, account_kind=AccountKind.CUSTODY),
        OpenAccount(account_id=FEES, account_kind=AccountKind.FEE),
        *(OpenAccount(account_id=each, account_kind=AccountKind.CLIENT) for each in (ANN, BOB, CY)),
        SetFeeTier(tier=0, maker_fee_ppm=1_000, taker_fee_ppm=2_000),
        ListMarket(
            market_id=1,
            base_asset_id=BTC,
            quote_asset_id=USD,
            fee_currency=FeeCurrency.QUOTE,
            symbol="BTCUSD",
            tick_quote_atoms=100,
            lot_base_atoms=COIN // 100,
            max_price_ticks=10**6,
            max_size_lots=10**5,
            min_notional_atoms=1,
            max_notional_atoms=10**12,
            fee_account_id=FEES,
        ),
    ]


def deposit(account_id: int, asset_id: int, atoms: int) -> Transfer:
    return Transfer(
        asset_id=asset_id,
        debit_account_id=CUSTODY,
        credit_account_id=account_id,
        amount_atoms=atoms,
        purpose=TransferPurpose.DEPOSIT,
    )


def withdrawal(account_id: int, asset_id: int, atoms: int) -> Transfer:
    return Transfer(
        asset_id=asset_id,
        debit_account_id=account_id,
        credit_account_id=CUSTODY,
        amount_atoms=atoms,
        purpose=TransferPurpose.WITHDRAWAL,
    )


def order(account_id: int, side: Side, price_dollars: int, size_lots: int) -> PlaceOrder:
    return PlaceOrder(
        order_id=0,
        account_id=account_id,
        market_id=1,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
        post_only=0,
        price_ticks=price_dollars,
        size_lots=size_lots,
        quote_amount_atoms=0,
    )


def do(site: Site, at_ns: int, *commands: Command) -> None:
    """One frame."""
    site.append(bytes(stamped([command.pack() for command in commands], site.core.last_sequence + 1, at_ns)))


def trade(site: Site, at_ns: int, price_dollars: int, size_lots: int, *, seller: int = ANN, buyer: int = BOB) -> int:
    """The seller rests, the buyer takes; gives the id of the taker's order."""
    do(
        site,
        at_ns,
        order(seller, Side.SELL, price_dollars, size_lots),
        order(buyer, Side.BUY, price_dollars, size_lots),
    )
    return FIRST_ID + site.core.last_sequence


async def blank(template: str, document: bytes) -> Printed:
    """A press for tests that look at figures only."""
    return Printed(b"%PDF " + template.encode() + len(document).to_bytes(4, "little"))


class Ledger:
    """Stands in for the journal: which digests were recorded."""

    def __init__(self) -> None:
        self.digests: list[bytes] = []

    async def record(self, kind: StatementKind, digest: bytes) -> int:
        assert kind is StatementKind.DOCUMENT
        self.digests.append(digest)
        return 1_000 + len(self.digests)


class Desk:
    """Shelf, job and facts over a data directory."""

    def __init__(
        self, site: Site, url: str, database: Engine, *, press: Press, rules: PaperRules, step: Callable[[str], None]
    ) -> None:
        sealer = Sealer(bytes(32), os.urandom)
        self.now_ns = 0
        self.site, self.database = site, database
        self.shelf = Shelf(database, sealer)
        self.rows = Rows(url)
        self.outbox = Outbox(database, sealer, os.urandom)
        self.ledger = Ledger()
        self.calendar = Weekdays()
        self.job = PapersJob(
            self.shelf,
            self.rows,
            directory=site.directory,
            rules=rules,
            calendar=self.calendar,
            zone=HONG_KONG,
            letterhead=Letterhead(ENTITY, client_of, self.told),
            press=press,
            states=self.ledger,
            last_sequence=lambda: site.core.last_sequence,
            step=step,
        )
        self.facts = PaperFacts(self.shelf, rules, self.calendar, lambda: self.now_ns)

    def told(self, account_id: int, row: PaperRow) -> Callable[[Connection], None]:
        def within(connection: Connection) -> None:
            message = Message(row.paper_id, "paper", f"u{account_id}", Content("s", "t"), (Address(Channel.INBOX),))
            self.outbox.put(connection, message, self.now_ns)

        return within

    def kinds(self, account_id: int) -> list[str]:
        return sorted(each.kind for each in self.shelf.of_account(account_id, most=1_000))


def client_of(account_id: int) -> Client:
    name = {ANN: "Chan Siu Ming, Ann", BOB: "Bob Wong Trading Limited"}.get(account_id, "")
    return Client(
        f"c{account_id:05}", str(account_id), name, ("Flat 8, 12/F", "Nathan Road", "Kowloon") if name else ()
    )


@contextmanager
def opened(
    site: Site,
    url: str,
    *,
    press: Press = blank,
    rules: PaperRules = RULES,
    step: Callable[[str], None] = lambda _: None,
) -> Iterator[Desk]:
    directory: Path = site.directory
    database = open_database(directory)
    desk = Desk(site, url, database, press=press, rules=rules, step=step)
    try:
        yield desk
    finally:
        desk.rows.close()
        database.dispose()
