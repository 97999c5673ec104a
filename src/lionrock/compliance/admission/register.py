"""Tokens, votes, providers and index files in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from lionrock.compliance.admission import tables
from lionrock.compliance.admission.tokens import SEAT_NAMES, Audience, Described, Token, Vote
from lionrock.people.staff.members import Members
from lionrock.people.staff.roles import Role
from lionrock.rulebook.facts import IndexMembership
from lionrock.store.sealing import Sealer


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """Who publishes indices, as two people recorded it; payload of the action `index_provider`."""

    provider: str
    provider_group: str
    """Providers of one group are not independent of each other; a provider alone is its own group."""
    is_iosco_compliant: bool
    has_conventional_indices: bool
    indices: tuple[str, ...]
    """Names of those that count here."""
    document_sha256: str
    """Of what shows all that."""


class IndexFile(msgspec.Struct, frozen=True):
    """A file of constituents as it was uploaded."""

    index: str
    provider: str
    as_of_ns: int
    sha256: str
    constituents: tuple[str, ...]
    uploaded_by: str
    uploaded_ns: int


class Register:
    """Reads and writes inside transactions that its caller holds; methods without a connection only read."""

    def __init__(self, database: Engine, sealer: Sealer, clock: Callable[[], int], members: Members) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._members = members

    def token(self, connection: Connection, asset: str) -> Token | None:
        row = connection.execute(select(tables.tokens).where(tables.tokens.c.asset == asset)).one_or_none()
        return None if row is None else _token(row, self._memberships(connection))

    def all(self) -> list[Token]:
        """In order of their codes."""
        with self._database.connect() as connection:
            memberships = self._memberships(connection)
            rows = connection.execute(select(tables.tokens).order_by(tables.tokens.c.asset)).all()
            return [_token(row, memberships) for row in rows]

    def write(self, connection: Connection, asset: str, described: Described, **changes: Any) -> None:
        """A new token, or what changes about one."""
        values = {"described": described.encoded, "changed_ns": self._clock(), **changes}
        key = tables.tokens.c.asset == asset
        if not connection.execute(update(tables.tokens).where(key).values(**values)).rowcount:
            first = {"audience": Audience.NONE.value, "asset": asset}
            connection.execute(insert(tables.tokens).values(**(first | values)))

    def votes(self, connection: Connection, token: Token, audience: Audience) -> list[Vote]:
        """For the next decision, on this audience and on what is known now, as they were given."""
        v = tables.votes.c
        key = (v.asset == token.asset) & (v.round == token.round) & (v.audience == audience.value)
        key &= v.described_sha256 == token.described.digest
        rows = connection.execute(select(tables.votes).where(key).order_by(v.voted_ns)).all()
        return [
            Vote(
                row.seat,
                row.staff_id,
                bool(row.is_for),
                self._sealer.open(row.sealed_reasons, _reasons_place(row.asset, row.seat, row.staff_id)).decode(),
                row.voted_ns,
            )
            for row in rows
        ]

    def standing(self, connection: Connection, token: Token, audience: Audience) -> list[Vote]:
        """Votes for it that count now: whoever gave them still holds the seat."""
        found = []
        for vote in self.votes(connection, token, audience):
            member = self._members.read(connection, vote.staff_id)
            if vote.is_for and member.is_active and vote.seat in seats_of(member.roles):
                found.append(vote)
        return found

    def write_vote(self, connection: Connection, token: Token, audience: Audience, vote: Vote) -> bool:
        """False when the seat has voted on this already, or the person has by another seat."""
        member, v = self._members.read(connection, vote.staff_id), tables.votes.c
        key = (v.asset == token.asset) & (v.round == token.round) & (v.audience == audience.value)
        key &= v.described_sha256 == token.described.digest
        key &= (v.seat == vote.seat) | (v.person_hash == member.person)
        if connection.execute(select(v.seat).where(key)).first():
            return False
        place = _reasons_place(token.asset, vote.seat, vote.staff_id)
        connection.execute(
            insert(tables.votes).values(
                asset=token.asset,
                round=token.round,
                audience=audience.value,
                described_sha256=token.described.digest,
                seat=vote.seat,
                staff_id=vote.staff_id,
                person_hash=member.person,
                is_for=int(vote.is_for),
                sealed_reasons=self._sealer.seal(vote.reasons.encode(), place),
                voted_ns=vote.voted_ns,
            )
        )
        return True

    def provider(self, connection: Connection, name: str) -> Provider | None:
        row = connection.execute(select(tables.providers).where(tables.providers.c.provider == name)).one_or_none()
        return None if row is None else _provider(row)

    def write_provider(self, connection: Connection, provider: Provider) -> None:
        values = {
            "provider_group": provider.provider_group,
            "is_iosco_compliant": int(provider.is_iosco_compliant),
            "has_conventional_indices": int(provider.has_conventional_indices),
            "indices": msgspec.json.encode(provider.indices),
            "document_sha256": provider.document_sha256,
            "recorded_ns": self._clock(),
        }
        key = tables.providers.c.provider == provider.provider
        if not connection.execute(update(tables.providers).where(key).values(**values)).rowcount:
            connection.execute(insert(tables.providers).values(provider=provider.provider, **values))

    def last_file_ns(self, connection: Connection, index: str) -> int:
        """0 when there is none."""
        column = func.max(tables.index_files.c.as_of_ns)
        return connection.execute(select(column).where(tables.index_files.c.index_name == index)).scalar() or 0

    def write_file(self, connection: Connection, file: IndexFile, content: bytes) -> None:
        connection.execute(
            insert(tables.index_files).values(
                index_name=file.index,
                as_of_ns=file.as_of_ns,
                provider=file.provider,
                sha256=file.sha256,
                content=content,
                constituents=msgspec.json.encode(file.constituents),
                uploaded_by=file.uploaded_by,
                uploaded_ns=file.uploaded_ns,
            )
        )

    def files(self) -> list[IndexFile]:
        """Newest first."""
        statement = select(tables.index_files).order_by(tables.index_files.c.as_of_ns.desc())
        with self._database.connect() as connection:
            return [_file(row) for row in connection.execute(statement)]

    def file_is_whole(self, file: IndexFile) -> bool:
        """Whether the stored content still has the hash it was uploaded with."""
        key = (tables.index_files.c.index_name == file.index) & (tables.index_files.c.as_of_ns == file.as_of_ns)
        with self._database.connect() as connection:
            content = connection.execute(select(tables.index_files.c.content).where(key)).scalar_one()
        return sha256(content).hexdigest() == file.sha256

    def _memberships(self, connection: Connection) -> Mapping[str, list[IndexMembership]]:
        """By asset, from the last file of each index that a recorded provider still answers for."""
        known = {row.provider: _provider(row) for row in connection.execute(select(tables.providers))}
        latest = (
            select(tables.index_files.c.index_name, func.max(tables.index_files.c.as_of_ns).label("as_of_ns"))
            .group_by(tables.index_files.c.index_name)
            .subquery()
        )
        matching = (tables.index_files.c.index_name == latest.c.index_name) & (
            tables.index_files.c.as_of_ns == latest.c.as_of_ns
        )
        found: dict[str, list[IndexMembership]] = {}
        for row in connection.execute(select(tables.index_files).join(latest, matching)):
            file, provider = _file(row), known.get(row.provider)
            if provider is None or file.index not in provider.indices:
                continue
            for asset in file.constituents:
                found.setdefault(asset, []).append(
                    IndexMembership(
                        file.index,
                        provider.provider,
                        provider.provider_group,
                        provider.is_iosco_compliant,
                        provider.has_conventional_indices,
                        file.as_of_ns,
                        file.sha256,
                    )
                )
        return found


def _token(row: Row[Any], memberships: Mapping[str, list[IndexMembership]]) -> Token:
    described = msgspec.json.decode(row.described, type=Described)
    indices = tuple(sorted(memberships.get(row.asset, ()), key=lambda each: each.index))
    is_current = row.voted_sha256 == described.digest
    seats = tuple(row.votes_for.split(",")) if row.votes_for and is_current else ()
    return Token(
        row.asset, Audience(row.audience), row.round, described, row.voted_ns, row.index_evaluated_ns, seats, indices
    )


def seats_of(roles: frozenset[Role]) -> frozenset[str]:
    """Names of the seats that come with these roles."""
    return frozenset(name for role, name in SEAT_NAMES.items() if role in roles)


def _provider(row: Row[Any]) -> Provider:
    return Provider(
        provider=row.provider,
        provider_group=row.provider_group,
        is_iosco_compliant=bool(row.is_iosco_compliant),
        has_conventional_indices=bool(row.has_conventional_indices),
        indices=msgspec.json.decode(row.indices, type=tuple[str, ...]),
        document_sha256=row.document_sha256,
    )


def _file(row: Row[Any]) -> IndexFile:
    return IndexFile(
        row.index_name,
        row.provider,
        row.as_of_ns,
        row.sha256,
        msgspec.json.decode(row.constituents, type=tuple[str, ...]),
        row.uploaded_by,
        row.uploaded_ns,
    )


def _reasons_place(asset: str, seat: str, staff_id: str) -> str:
    return f"admission_votes.reasons:{asset}:{seat}:{staff_id}"
