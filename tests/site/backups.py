"""Data directories to back up: with archived and sealed segments, snapshots, checkpoints, keys and settings."""

from __future__ import annotations

import os
from functools import partial
from itertools import count
from pathlib import Path

from lionrock.core.engine import Engine
from lionrock.journal.writer import Writer
from lionrock.node.node import Node
from lionrock.people.api_keys import ApiKeys, Right
from lionrock.site.backup import BackedUp, back_up
from lionrock.site.configuration import FILE_NAME
from lionrock.site.signing import open_notary
from lionrock.store.database import open_database
from lionrock.store.sealing import open_sealer
from lionrock.views.catalogue import Catalogue
from lionrock.words.enumerations import Side
from tests.node.trading import order, venue

SEGMENT_BYTES = 4096
BUY = order(11, Side.BUY, 100, 1)
COMMANDS = len(venue())


class SmallSite:
    """A data directory whose segments are short."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._clock = count(1_000_000).__next__

    def open(self) -> Node:
        return Node.open(
            self.directory,
            Engine,
            self._clock,
            load_engine=Engine.load,
            make_writer=partial(Writer, segment_bytes=SEGMENT_BYTES, fill_bytes=1024),
            make_notary=lambda: open_notary(self.directory, open_sealer(self.directory, os.urandom), os.urandom),
        )

    async def begin(self) -> None:
        """List the venue, make a key for one of its accounts, and settings."""
        self.directory.mkdir()
        (self.directory / FILE_NAME).write_text("[checkpoints]\n")
        node = self.open()
        await node.submit_all([(command, b"") for command in venue()])
        await node.close()

    async def trade(self, orders: int) -> list[str]:
        """So many orders in a frame each; gives the digest after each."""
        node = self.open()
        digests = []
        for _ in range(orders):
            await node.submit(BUY)
            digests.append(node.engine.digest())
        await node.close()
        return digests

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.directory / folder).iterdir())


def make_keys(directory: Path) -> list[str]:
    """An API key for each account of the venue; gives their names, oldest account first."""
    catalogue = Catalogue()
    node = Node.open(directory, Engine, lambda: 0, listeners=[catalogue])
    database = open_database(directory)
    keys = ApiKeys(
        database,
        open_sealer(directory, os.urandom),
        os.urandom,
        lambda: 0,
        journal_id=node.journal_id,
        accounts=catalogue.accounts,
    )
    names = [keys.create(account, Right.READ).access_key for account in catalogue.accounts.values()]
    database.dispose()
    node._writer.close()
    node._lock.release()
    return names


def copied(directory: Path, target: Path, *, with_master_key: bool = False) -> BackedUp:
    return back_up(directory, target, lambda: 5, with_master_key=with_master_key)


def stored(target: Path) -> list[Path]:
    """Every file of a backup, the lock apart."""
    return sorted(path for path in target.rglob("*") if path.is_file() and path.name != "lock")
