"""Standing authorities: what a client lets the operator move without asking each time, for a time, and how it goes on.

It is renewed by silence only if the client was told early enough before it ends and did not object, and the renewal is
confirmed in writing soon after it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import NEVER_NS, Records
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.tables import standing_authorities
from lionrock.compliance.assessments.terms import AuthorityTerms

_NS_PER_S = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Authority(msgspec.Struct, frozen=True):
    """A permission for a time."""

    authority_id: str
    client_id: str
    scope: str
    """What it lets the operator do, such as `settlement` or `transfer_to_affiliate`."""
    document_sha256: str
    is_professional: bool
    begins_ns: int
    ends_ns: int
    """From here on it holds no more."""
    revoked_ns: int
    renews: str
    """The authority that it takes the place of; empty for a first one."""
    notice_ns: int
    """When the client was told that it ends and would be renewed."""
    objected_ns: int
    confirmed_ns: int
    """When the renewal that it is was confirmed in writing."""

    @property
    def over_ns(self) -> int:
        return min(self.ends_ns, self.revoked_ns or NEVER_NS)

    def holds(self, at_ns: int) -> bool:
        """From its beginning to the moment before its end."""
        return self.begins_ns <= at_ns < self.over_ns


def months_later(begins_ns: int, months: int) -> int:
    """The same day and time so many months later, UTC; the last day of a month that is shorter."""
    begins = _EPOCH + timedelta(seconds=begins_ns // _NS_PER_S)
    year, month = divmod(begins.year * 12 + begins.month - 1 + months, 12)
    following = datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last_day = (following - timedelta(days=1)).day
    later = begins.replace(year=year, month=month + 1, day=min(begins.day, last_day))
    return int((later - _EPOCH).total_seconds()) * _NS_PER_S + begins_ns % _NS_PER_S


def may_be_renewed(authority: Authority, terms: AuthorityTerms) -> bool:
    """Whether silence renews it: told early enough, no objection, not revoked."""
    told = 0 < authority.notice_ns <= authority.ends_ns - terms.notice_days * DAY_NS
    return told and not authority.objected_ns and not authority.revoked_ns


class Authorities:
    """Authorities of a site's clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records, random_bytes: Callable[[int], bytes], terms: AuthorityTerms) -> None:
        self._database, self._random_bytes, self.terms = records.database, random_bytes, terms

    def grant(
        self,
        client_id: str,
        client_class: str,
        scope: str,
        document_sha256: str,
        *,
        begins_ns: int,
        ends_ns: int,
        at_ns: int,
    ) -> Authority:
        """What the client grants. Raises `AssessmentRefused` for one that would last too long or has no time."""
        unlimited = client_class in self.terms.unlimited_classes
        if not at_ns <= begins_ns < ends_ns:
            self._refuse("authority_without_time", "it begins in the past or ends before it begins", "send other times")
        most_ns = months_later(begins_ns, self.terms.most_months)
        if not unlimited and ends_ns > most_ns:
            self._refuse(
                "authority_too_long",
                f"a standing authority of such a client lasts at most {self.terms.most_months} months",
                "let it end earlier; it can be renewed",
                ends_ns=ends_ns,
                latest_end_ns=most_ns,
                most_months=self.terms.most_months,
            )
        return self._insert(client_id, scope, document_sha256, begins_ns, ends_ns, is_professional=unlimited)

    def check(self, client_id: str, scope: str, at_ns: int) -> Authority:
        """The authority under which something may be moved now. Raises `AssessmentRefused`."""
        mine = [each for each in self.of(client_id) if each.scope == scope]
        holding = next((each for each in mine if each.holds(at_ns)), None)
        if holding is None:
            ended = max((each.over_ns for each in mine if each.over_ns <= at_ns), default=0)
            self._refuse(
                "authority_not_in_force",
                "no standing authority of the client covers this now",
                "ask the client for a direction or a new authority",
                at_ns=at_ns,
                ended_ns=ended,
            )
        return holding

    def revoke(self, client_id: str, authority_id: str, at_ns: int) -> Authority:
        """The client takes it back. Raises `AssessmentRefused`."""
        self._mine(client_id, authority_id)
        self._change(authority_id, standing_authorities.c.revoked_ns == 0, revoked_ns=at_ns)
        return self._mine(client_id, authority_id)

    def end_all(self, connection: Connection, client_id: str, at_ns: int) -> None:
        """The relationship ends, and with it every authority that was not taken back before."""
        c = standing_authorities.c
        connection.execute(
            update(standing_authorities).where(c.client_id == client_id, c.revoked_ns == 0).values(revoked_ns=at_ns)
        )

    def object(self, client_id: str, authority_id: str, at_ns: int) -> Authority:
        """The client does not want it renewed; it ends at its time. Raises `AssessmentRefused`."""
        authority = self._mine(client_id, authority_id)
        if at_ns >= authority.ends_ns:
            self._refuse(
                "authority_over", "it has ended already", "revoke the one that renewed it", ends_ns=authority.ends_ns
            )
        self._change(authority_id, standing_authorities.c.objected_ns == 0, objected_ns=at_ns)
        return self._mine(client_id, authority_id)

    def told(self, authority_id: str, at_ns: int) -> None:
        """The renewal notice was handed over."""
        self._change(authority_id, standing_authorities.c.notice_ns == 0, notice_ns=at_ns)

    def confirmed(self, authority_id: str, at_ns: int) -> None:
        """The renewal was confirmed to the client in writing."""
        self._change(authority_id, standing_authorities.c.confirmed_ns == 0, confirmed_ns=at_ns)

    def renew(self, authority: Authority) -> Authority | None:
        """What follows on one that ended in silence; None where it may not be renewed, or was."""
        if not may_be_renewed(authority, self.terms):
            return None
        if any(each.renews == authority.authority_id for each in self.of(authority.client_id)):
            return None
        ends_ns = months_later(authority.ends_ns, self.terms.most_months)
        return self._insert(
            authority.client_id,
            authority.scope,
            authority.document_sha256,
            authority.ends_ns,
            ends_ns,
            is_professional=authority.is_professional,
            renews=authority.authority_id,
        )

    def of(self, client_id: str) -> list[Authority]:
        """By their beginning."""
        return self._select(standing_authorities.c.client_id == client_id)

    def all(self) -> list[Authority]:
        return self._select(standing_authorities.c.client_id != "")

    def _select(self, condition: Any) -> list[Authority]:
        columns = [standing_authorities.c[name] for name in Authority.__struct_fields__]
        with self._database.connect() as connection:
            rows = connection.execute(
                select(*columns)
                .where(condition)
                .order_by(standing_authorities.c.begins_ns, standing_authorities.c.authority_id)
            )
            return [_authority(row) for row in rows]

    def _insert(
        self,
        client_id: str,
        scope: str,
        document_sha256: str,
        begins_ns: int,
        ends_ns: int,
        *,
        is_professional: bool,
        renews: str = "",
    ) -> Authority:
        authority_id = self._random_bytes(16).hex()
        made = Authority(
            authority_id, client_id, scope, document_sha256, is_professional, begins_ns, ends_ns, 0, renews, 0, 0, 0
        )
        with self._database.begin() as connection:
            values = msgspec.structs.asdict(made) | {"is_professional": int(is_professional)}
            connection.execute(insert(standing_authorities).values(**values))
        return made

    def _mine(self, client_id: str, authority_id: str) -> Authority:
        found = next((each for each in self.of(client_id) if each.authority_id == authority_id), None)
        if found is None:
            self._refuse("authority_unknown", "the client has no such authority", "see the list of authorities")
        return found

    def _change(self, authority_id: str, condition: Any, **values: int) -> None:
        with self._database.begin() as connection:
            connection.execute(
                update(standing_authorities)
                .where(standing_authorities.c.authority_id == authority_id, condition)
                .values(**values)
            )

    def _refuse(self, name: str, words: str, next_step: str, **figures: int | str) -> NoReturn:
        raise AssessmentRefused(name, words, next_step=next_step, rules=self.terms.rules, figures=figures)


def _authority(row: Row[Any]) -> Authority:
    return msgspec.structs.replace(Authority(*tuple(row)), is_professional=bool(row.is_professional))
