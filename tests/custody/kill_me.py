"""Begins one thing on a site and is killed at one point of it: python -m tests.custody.kill_me DIRECTORY WHAT POINT."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from lionrock.node.node import Node
from tests.custody.sites import ACCOUNT, UNIT, Inside, opened

BEFORE_JOURNAL, BEFORE_SQL = "before-journal", "before-sql"


def die(*_args: Any, **_more: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(inside: Inside, what: str, point: str) -> None:
    """Replace the step at which the process is to end."""
    wallet = inside.wallet
    if point == BEFORE_JOURNAL:
        Node.submit = Node.submit_all = die  # type: ignore[method-assign]
    elif what in ("withdraw", "cancel"):
        wallet.withdrawals._settle = die  # type: ignore[method-assign]
    elif what == "transfer":
        wallet.transfers._settle = die  # type: ignore[method-assign]
    else:
        wallet.deposits._told = die  # type: ignore[method-assign]


async def begin(directory: Path, what: str, point: str) -> None:
    async with opened(directory) as inside:
        wallet = inside.wallet
        if what == "cancel":
            await wallet.withdrawals.request(inside.request())
        if what == "deposit":
            address = await wallet.deposits.address_for("BTC", ACCOUNT)
            inside.chains.send("BTC", address, "BTC", 3 * UNIT)
            inside.chains.add_blocks("BTC", 5)
        arm(inside, what, point)
        if what == "withdraw":
            await wallet.withdrawals.request(inside.request())
        elif what == "cancel":
            await wallet.withdrawals.cancel(ACCOUNT, 1)
        elif what == "transfer":
            await wallet.transfers.transfer(inside.transfer())
        elif what == "sub-account":
            await inside.site.sub_accounts.open(ACCOUNT, "desk")
        else:
            await wallet.look()


if __name__ == "__main__":
    asyncio.run(begin(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
