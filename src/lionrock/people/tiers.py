"""Which fee tier an owner has earned, and when it begins to count.

The calendar is HashKey's: volume of the 30 days before 00:00 UTC+8, applied at 07:00 UTC+8; sub-accounts count to the
main account and have its tier.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lionrock.people.accounts import Owners
from lionrock.views.valuation import Valuation
from lionrock.views.volumes import Volumes, day_of
from lionrock.words.commands import AssignFeeTier

APPLIED_AFTER_NS = 7 * 3_600_000_000_000
"""Midnight of UTC+8 until the new tiers count."""
DAYS = 30


def tier_for(volume_atoms: int, thresholds_atoms: Sequence[int]) -> int:
    """The highest tier whose threshold is reached; tier 0 needs nothing."""
    return max(tier for tier, least in enumerate(thresholds_atoms) if volume_atoms >= least)


def volume_before(day: int, account_ids: Sequence[int], volumes: Volumes, valuation: Valuation) -> int:
    """Of the 30 days before a day, in atoms of the valuation asset."""
    return valuation.worth(volumes.traded(account_ids, day - DAYS, day - 1).items())


def effective_day(now_ns: int) -> int:
    """The day whose tiers count at this time: today's from 07:00 UTC+8 on."""
    return day_of(now_ns - APPLIED_AFTER_NS)


def due_tiers(
    now_ns: int,
    volumes: Volumes,
    *,
    owners: Owners,
    valuation: Valuation,
    thresholds_atoms: Sequence[int],
    tier_of: Callable[[int], int],
) -> list[AssignFeeTier]:
    """What is to be assigned so that every account has the tier its owner has earned; empty when all have.

    `thresholds_atoms` are the least volumes by tier, from tier 0, in atoms of the valuation asset.
    """
    day = effective_day(now_ns)
    due = []
    for main_account_id in owners.main_accounts():
        account_ids = owners.accounts(main_account_id)
        tier = tier_for(volume_before(day, account_ids, volumes, valuation), thresholds_atoms)
        due += [
            AssignFeeTier(account_id=account_id, tier=tier) for account_id in account_ids if tier_of(account_id) != tier
        ]
    return due
