"""Puts papers, capital, returns and registers of one legal entity together over an open site."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self, TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine

from lionrock.compliance.capital.book import CapitalBook
from lionrock.compliance.capital.facts import CapitalFacts
from lionrock.compliance.capital.returns import ReturnRules, Returns
from lionrock.compliance.capital.triggers import CapitalRules
from lionrock.compliance.papers.documents import Client, Entity
from lionrock.compliance.papers.facts import PaperFacts
from lionrock.compliance.papers.job import Letterhead, PaperRules, PapersJob
from lionrock.compliance.papers.periods import Deadline, PlaceCalendar
from lionrock.compliance.papers.press import PressProcess
from lionrock.compliance.papers.rows import Rows
from lionrock.compliance.papers.shelf import PaperRow, Shelf
from lionrock.compliance.registers.facts import RegisterFacts
from lionrock.compliance.registers.registers import Registers
from lionrock.compliance.registers.terms import Register
from lionrock.node.node import Node
from lionrock.node.statements import Statements
from lionrock.people.accounts import Owners
from lionrock.people.notice_settings import notice_settings
from lionrock.people.notices import Notices, Occasion, message_id_of, nothing_else
from lionrock.people.people import People
from lionrock.rulebook.facts import Attested, Setting
from lionrock.rulebook.ports import FactSource
from lionrock.site.clockwork import every_minute
from lionrock.site.configuration import Configuration
from lionrock.store.sealing import Sealer
from lionrock.views.catalogue import Catalogue
from lionrock.views.sql.database import default_url

Fact = TypeVar("Fact", bound=msgspec.Struct)


class NoticeFacts:
    """A source of facts about notices (`lionrock.rulebook.ports.FactSource`)."""

    def __init__(self, notices: Notices | None) -> None:
        self._notices = notices

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        if fact_type is not Setting:
            return None
        settings = notice_settings(self._notices)
        return cast("Sequence[Fact]", [Setting(name, value) for name, value in settings.items()])


class PaperworkTerms(msgspec.Struct, frozen=True):
    """What the site's entity and its licence decide; times and amounts are the parameters of rules."""

    entity: Entity
    zone: ZoneInfo
    papers: PaperRules
    capital: CapitalRules
    capital_notice: Deadline
    returns: ReturnRules
    registers: Mapping[Register, Deadline]


class Stands(Protocol):
    """What the rooms stand on: an open site, or what it is made of."""

    @property
    def configuration(self) -> Configuration: ...
    @property
    def node(self) -> Node: ...
    @property
    def database(self) -> Engine: ...
    @property
    def sealer(self) -> Sealer: ...
    @property
    def clock(self) -> Callable[[], int]: ...
    @property
    def random_bytes(self) -> Callable[[int], bytes]: ...
    @property
    def people(self) -> People: ...
    @property
    def owners(self) -> Owners: ...
    @property
    def catalogue(self) -> Catalogue: ...


class Paperwork(msgspec.Struct, frozen=True):
    """The rooms, wired; `site.venue` is given `shelf` and `registers`."""

    shelf: Shelf
    job: PapersJob
    book: CapitalBook
    returns: Returns
    registers: Registers
    sources: tuple[FactSource, ...]
    rows: Rows
    press: PressProcess
    clock: Callable[[], int]
    terms_at: Callable[[int], PaperworkTerms]

    @classmethod
    def of(
        cls,
        site: Stands,
        directory: Path,
        terms: PaperworkTerms,
        calendar: PlaceCalendar,
        *,
        client_of: Callable[[int], Client] | None = None,
        attested: Callable[[], Sequence[Attested]] = tuple,
        terms_at: Callable[[int], PaperworkTerms] | None = None,
    ) -> Self:
        """`client_of` tells what papers say of whose an account is, ids alone without it; `attested` what people of the
        staff stated. Both are SQL, called in threads. `terms_at` gives the terms of a later moment.
        """
        rows = Rows(site.configuration.views.database or default_url(directory))
        press, states = PressProcess(), Statements(site.node)
        shelf = Shelf(site.database, site.sealer)
        whose = client_of or (lambda account_id: _ids_only(site, account_id))

        def last_sequence() -> int:
            return site.node.engine.last_sequence

        job = PapersJob(
            shelf,
            rows,
            directory=directory,
            rules=terms.papers,
            calendar=calendar,
            zone=terms.zone,
            letterhead=Letterhead(terms.entity, whose, lambda account_id, row: _told(site, account_id, row)),
            press=press,
            states=states,
            last_sequence=last_sequence,
        )
        book = _capital_book(site, terms, calendar)
        returns = Returns(
            site.database,
            site.sealer,
            book,
            rows,
            entity=terms.entity,
            rules=terms.returns,
            calendar=calendar,
            zone=terms.zone,
            press=press,
            states=states,
            last_sequence=last_sequence,
            attested=attested,
        )
        registers = Registers(
            site.database, site.sealer, site.random_bytes, deadlines=terms.registers, calendar=calendar
        )
        sources = (
            PaperFacts(shelf, terms.papers, calendar, site.clock),
            CapitalFacts(book, returns, site.clock, lambda: _began_ns(site)),
            RegisterFacts(registers),
            NoticeFacts(site.people.notices),
        )
        later = terms_at or (lambda _at_ns: terms)
        return cls(shelf, job, book, returns, registers, sources, rows, press, site.clock, later)

    async def follow_rules(self) -> None:
        """What begins from now on has the deadlines and amounts that hold now, as when two people changed a rule and
        its day has begun. What began before keeps the deadline that it began with.
        """
        terms = await asyncio.to_thread(self.terms_at, self.clock())
        self.job.rules = terms.papers
        for source in self.sources:
            if isinstance(source, PaperFacts):
                source.rules = terms.papers
        self.book.rules, self.book.notice = terms.capital, terms.capital_notice
        self.returns.rules, self.registers.deadlines = terms.returns, terms.registers

    def clockwork(self) -> list[Coroutine[None, None, None]]:
        """What is to run as long as the site serves; only where its read models are kept."""
        return [self._work(), every_minute("Reconciliations cannot be made", self._reconcile)]

    async def _reconcile(self) -> int:
        return await self.returns.make_reconciliations(self.clock())

    async def _work(self) -> None:
        try:
            await self.returns.record_missing()
            await self.job.work(self.clock)
        finally:
            await asyncio.to_thread(self.close)

    def close(self) -> None:
        self.press.close()
        self.rows.close()


def _capital_book(site: Stands, terms: PaperworkTerms, calendar: PlaceCalendar) -> CapitalBook:
    return CapitalBook(
        site.database,
        site.sealer,
        site.random_bytes,
        rules=terms.capital,
        notice=terms.capital_notice,
        calendar=calendar,
        zone=terms.zone,
    )


def _ids_only(site: Stands, account_id: int) -> Client:
    return Client(str(site.owners.owner_of(account_id)), str(account_id))


def _began_ns(site: Stands) -> int:
    """When the site's first account was opened; now while there is none."""
    return min((each.time_ns for each in site.catalogue.accounts.values()), default=site.clock())


def _told(site: Stands, account_id: int, row: PaperRow) -> Callable[[Connection], None]:
    """What tells the owner of an account that a paper is there; nothing for an account that only programs use."""
    notices = site.people.notices
    user = site.people.users.by_account(site.owners.owner_of(account_id)) if notices else None
    if notices is None or user is None:
        return nothing_else
    facts = {"document": row.kind.replace("_", " "), "number": row.paper_id, "account": str(account_id)}
    message_id = message_id_of(Occasion.PAPER, row.paper_id)
    return notices.about(user.user_id, Occasion.PAPER, facts, site.clock(), message_id)
