"""The commands of a random flow that reach beyond one order: cancels together, kill switches, owners, time alone."""

from __future__ import annotations

from random import Random

from lionrock.sim.workload_venue import MARKETS, POOR_ACCOUNTS, RICH_ACCOUNTS
from lionrock.words.commands import AdvanceTime, CancelOrders, Command, SetBeneficialOwner, SetKillSwitch
from lionrock.words.enumerations import CancelReason, KillSwitchScope

CLIENTS = (*RICH_ACCOUNTS, *POOR_ACCOUNTS)

GROUPS = 5
"""Groups of orders run from 0, which is none, up to below this."""

SHARED_OWNERS = (901, 902, 14)
"""Beneficial owners whom several accounts may have; one is also the owner that account 14 has by itself."""


def sweeping_command(chance: Random) -> Command:
    """Mostly cancels of one group; the further a command reaches the rarer it is, so that the books stay alive."""
    draw = chance.random()
    if draw < 0.25:
        return AdvanceTime()
    if draw < 0.45:
        account_id = chance.choice(CLIENTS)
        return SetBeneficialOwner(account_id=account_id, owner_id=chance.choice((*SHARED_OWNERS, account_id)))
    if draw < 0.98:
        return cancel_together(chance)
    return kill_switch(chance, engaged=1)


def cancel_together(chance: Random) -> CancelOrders:
    """The orders of one group, more seldom of an account in a market, of an account, of a market."""
    account_id, market_id = chance.choice(CLIENTS), chance.choice(MARKETS).market_id
    draw = chance.random()
    if draw < 0.70:
        return CancelOrders(
            account_id=account_id,
            market_id=market_id if draw < 0.30 else 0,
            group_id=chance.randrange(1, GROUPS),
            reason=CancelReason.DISCONNECTED if draw > 0.20 else CancelReason.REQUESTED,
        )
    return CancelOrders(
        account_id=account_id if draw < 0.98 else 0,
        market_id=market_id if draw < 0.94 or draw >= 0.98 else 0,
        group_id=0,
        reason=CancelReason.REQUESTED,
    )


def kill_switch(chance: Random, *, engaged: int) -> SetKillSwitch:
    """Over an account, more seldom over a market, seldom over the site."""
    draw = chance.random()
    if draw < 0.60:
        return SetKillSwitch(scope=KillSwitchScope.ACCOUNT, scope_id=chance.choice(CLIENTS), engaged=engaged)
    if draw < 0.94:
        market_id = chance.choice(MARKETS).market_id
        return SetKillSwitch(scope=KillSwitchScope.MARKET, scope_id=market_id, engaged=engaged)
    return SetKillSwitch(scope=KillSwitchScope.SITE, scope_id=0, engaged=engaged)
