"""Whom a thing is about: the one place that knows, so that nobody of the staff deals with their own file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec
from sqlalchemy import Connection

from lionrock.people.staff.market_orders import KillSwitched
from lionrock.people.staff.members import Member, Members
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.words.enumerations import KillSwitchScope

ClientOf = Callable[[int], str]
"""The id of the client that an account belongs to; empty for none. SQL."""
AccountOf = Callable[[str], int]
"""The account of a client; 0 for none. SQL."""

_CLIENTS = frozenset({"client_id", "other_id"})
_ACCOUNTS = frozenset({"account_id", "debit_account_id", "credit_account_id"})


class OwnFiles:
    """Which clients are off limits for whom, under every name that a client has."""

    def __init__(self, members: Members, client_of: ClientOf) -> None:
        self._members = members
        self.clients_of = [client_of]
        """What clients are known by: a room with names of its own puts its way to tell them in."""
        self.accounts_of: list[AccountOf] = []
        """From a room's name of a client to the account, and by that to the names in the other rooms."""

    def check_payload(self, connection: Connection, member: Member, payload: msgspec.Struct) -> None:
        """Of an action. Raises `StaffRefused`."""
        found = list(_named(msgspec.to_builtins(payload)))
        accounts = [about for about in found if isinstance(about, int)]
        if isinstance(payload, KillSwitched) and payload.scope == KillSwitchScope.ACCOUNT:
            accounts.append(payload.scope_id)
        self.check(connection, member, [about for about in found if isinstance(about, str)], accounts)

    def check(
        self, connection: Connection, member: Member, clients: Iterable[str] = (), accounts: Iterable[int] = ()
    ) -> None:
        """Of what is about these clients and accounts. Raises `StaffRefused`."""
        names, numbers = set(clients), set(accounts)
        numbers.update(account_of(name) for name in names for account_of in self.accounts_of)
        names.update(client_of(number) for number in numbers - {0} for client_of in self.clients_of)
        if any(name and self._members.owns_file(connection, member.person, name) for name in names):
            raise StaffRefused(No.OWN_FILE)


def _named(told: object) -> Iterator[str | int]:
    """Clients and accounts anywhere in a payload, as texts and as whole numbers."""
    if isinstance(told, list):
        for each in told:
            yield from _named(each)
    elif isinstance(told, dict):
        for name, value in told.items():
            if (name in _CLIENTS and isinstance(value, str)) or (name in _ACCOUNTS and isinstance(value, int)):
                yield value
            else:
                yield from _named(value)
