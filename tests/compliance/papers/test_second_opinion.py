"""The figures of all papers together against what the core and the ledger say, over a flow of everything."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
from sqlalchemy import Connection, select

from lionrock.compliance.papers.periods import PaperKind
from lionrock.node.stamping import stamped
from lionrock.sim.workload import random_flow
from lionrock.views.sql.tables import accounts, assets, fills, markets
from lionrock.words.amounts import parse_decimal
from lionrock.words.enumerations import AccountKind, Side
from lionrock.words.records import RECORD_BYTES
from tests.compliance.papers.desks import Desk, opened
from tests.compliance.places import at
from tests.views.sql.databases import Site, follow

STEP_NS = 400 * 10**9
"""Between two commands: three thousand of them are two weeks."""

Sums = dict[tuple[int, str], int]


def atoms(text: str, decimals: int) -> int:
    sign = -1 if text.startswith("-") else 1
    return sign * parse_decimal(text.removeprefix("-"), decimals)


def spread(site: Site, seed: int, commands: int) -> None:
    """The flow, with its commands minutes apart."""
    now_ns = at("2026-03-02 00:00")
    for batch in random_flow(seed, commands, batch=50):
        records = [batch[start : start + RECORD_BYTES] for start in range(0, len(batch), RECORD_BYTES)]
        now_ns += 50 * STEP_NS
        site.append(bytes(stamped(records, site.core.last_sequence + 1, now_ns)))


def documents(desk: Desk, kind: str) -> list[tuple[int, dict[str, list[dict[str, str]]]]]:
    rows = [row for row in desk.shelf.owed_since(0) if row.kind == kind]
    return [(row.account_id, json.loads(desk.shelf.open(row.paper_id, "json"))) for row in rows]


def traded(connection: Connection) -> Sums:
    """What every client's trades that stand came to, added up from the fills alone."""
    scales = {row.asset_id: row for row in connection.execute(select(assets))}
    places = {row.market_id: row for row in connection.execute(select(markets))}
    clients = select(accounts.c.account_id).where(accounts.c.account_kind == AccountKind.CLIENT)
    sums: defaultdict[tuple[int, str], int] = defaultdict(int)
    wanted = select(fills).where(fills.c.account_id.in_(clients), fills.c.cancelled_sequence.is_(None))
    for fill in connection.execute(wanted):
        market = places[fill.market_id]
        sign = 1 if fill.side == Side.BUY else -1
        base, quote = scales[market.base_asset_id].code, scales[market.quote_asset_id].code
        sums[fill.account_id, base] += sign * fill.size_lots * market.lot_base_atoms
        sums[fill.account_id, quote] -= sign * fill.quote_atoms
        sums[fill.account_id, scales[fill.fee_asset_id].code] -= fill.fee_atoms
    return {place: amount for place, amount in sums.items() if amount}


@pytest.mark.shows("PAPR-009")
@pytest.mark.parametrize("seed", [51, 52])
async def test_all_papers_together_come_to_the_ledger(site: Site, url: str, seed: int) -> None:
    spread(site, seed, 3_000)
    database = follow(site.directory, url)
    with database.connect() as connection:
        decimals = {row.code: row.decimals for row in connection.execute(select(assets))}
        codes = {row.asset_id: row.code for row in connection.execute(select(assets))}
        clients = set(
            connection.execute(
                select(accounts.c.account_id).where(accounts.c.account_kind == AccountKind.CLIENT)
            ).scalars()
        )
        right = traded(connection)
    with opened(site, url) as desk:
        done = await desk.job.run_all(at("2026-04-01 01:00"))
        assert done.failed == 0
        noted: defaultdict[tuple[int, str], int] = defaultdict(int)
        for account_id, note in documents(desk, PaperKind.CONTRACT_NOTE):
            for flow in note["totals"]:
                noted[account_id, flow["asset"]] += atoms(flow["net"], decimals[flow["asset"]])
        assert {place: amount for place, amount in noted.items() if amount} == right
        assert len(right) > 5
        closing: Sums = {}
        moved: defaultdict[tuple[int, str], int] = defaultdict(int)
        for account_id, month in documents(desk, PaperKind.MONTHLY_STATEMENT):
            for balance in month["closing_balances"]:
                closing[account_id, balance["asset"]] = atoms(balance["total"], decimals[balance["asset"]])
            for movement in month["movements"]:
                moved[account_id, movement["asset"]] += atoms(movement["change"], decimals[movement["asset"]])
        in_core = {
            (account_id, codes[asset_id]): available + held
            for (account_id, asset_id), (available, held) in site.balances().items()
            if account_id in clients and available + held
        }
        assert {place: amount for place, amount in closing.items() if amount} == in_core
        assert {place: amount for place, amount in moved.items() if amount} == in_core
        crossed = sum(len(desk.shelf.of_account(each, kind="receipt", most=10_000)) for each in clients)
        assert crossed > 5
