"""How long the records of a licensed site are kept: the rules' times, and the shelves of every room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, ColumnElement, Engine, select

from lionrock.compliance.assessments import tables as assessed
from lionrock.compliance.assessments.records import Kind
from lionrock.compliance.onboarding.shelf import ClientFileShelf
from lionrock.compliance.onboarding.states import State
from lionrock.compliance.onboarding.tables import clients
from lionrock.compliance.papers.periods import PaperKind
from lionrock.compliance.papers.tables import papers
from lionrock.compliance.records.keeping import Begins, Keeping, Requirement, strictest
from lionrock.compliance.records.records import Keeper
from lionrock.compliance.records.shelves import Shelf, Standing, TableShelf
from lionrock.compliance.registers.tables import register_records
from lionrock.compliance.registers.terms import Register
from lionrock.people.accounts import Owners
from lionrock.rulebook.controls.records import Kept
from lionrock.rulebook.regime import Regime
from lionrock.store.sealing import Sealer

_JOURNAL = "It stands in the journal, which is never cut, under numbers that name nobody by themselves."
STANDING = (
    Standing("orders", ("journal",), _JOURNAL),
    Standing("transactions", ("journal",), _JOURNAL),
    Standing("disposals", ("journal",), _JOURNAL),
    Standing("trading_summaries", ("journal", "views"), _JOURNAL),
    Standing("public_trades", ("journal",), "Trades are public and name nobody."),
    Standing("audit_log", ("journal", "staff_log"), "What the staff did is added to and never changed."),
    Standing("client_list", ("journal", "client_steps"), "That there was a client stands in the journal as a number."),
    Standing("incident_reports", ("register_records",), "Incidents are the site's, not a client's."),
    Standing("house_documents", ("journal", "client_documents"), "What the staff attested, and the documents for it."),
    Standing("token_due_diligence", ("admission_history",), "What was found out about tokens names no client."),
    Standing("wallet_addresses", ("deposit_addresses",), "Addresses stand on the chains for everybody."),
    Standing("system_documentation", ("repository",), "Every release is kept with its pages, tests and source."),
)
"""What is never taken away."""
_ENDED = {State.DECLINED, State.WITHDRAWN, State.CLOSED}


class AccountsOf:
    """Rows that name an account instead of its client. SQL."""

    def __init__(self, database: Engine, owners: Owners) -> None:
        self._database, self._owners = database, owners

    def of(self, client_id: str) -> Sequence[object]:
        """The client's accounts, sub-accounts included."""
        query = select(clients.c.account_id).where(clients.c.client_id == client_id)
        with self._database.connect() as connection:
            account_id = connection.execute(query).scalar()
        return self._owners.accounts(account_id) if account_id else []

    def client_of(self, key: Any) -> str:
        """By the main account."""
        query = select(clients.c.client_id).where(clients.c.account_id == self._owners.owner_of(int(key)))
        with self._database.connect() as connection:
            return str(connection.execute(query).scalar() or "")


def open_keeper(
    database: Engine,
    sealer: Sealer,
    random_bytes: Callable[[int], bytes],
    *,
    directory: Path,
    owners: Owners,
    regime: Regime,
    own_days: Mapping[str, int],
) -> Keeper:
    """The keeper of a site's records. `own_days` are times of its file, which count where they are the longer ones."""

    def keepings(at_ns: int) -> dict[str, Keeping]:
        return strictest(requirements(regime, at_ns), own_days)

    def left_ns(client_id: str) -> int | None:
        query = select(clients.c.state, clients.c.changed_ns).where(clients.c.client_id == client_id)
        with database.connect() as connection:
            row = connection.execute(query).one_or_none()
        return row.changed_ns if row is not None and row.state in _ENDED else None

    return Keeper(
        database,
        sealer,
        random_bytes,
        shelves=_shelves(database, directory, owners),
        standing=STANDING,
        keepings=keepings,
        left_ns=left_ns,
    )


def requirements(regime: Regime, at_ns: int) -> list[Requirement]:
    """Every time that a rule in force asks for."""
    return [
        Requirement(
            rule.id, check.parameters.record_class, check.parameters.keep_days, Begins(check.parameters.from_event)
        )
        for rule in regime.at(at_ns)
        for check in rule.loaded.checks
        if isinstance(check.parameters, Kept)
    ]


def _shelves(database: Engine, directory: Path, owners: Owners) -> list[Shelf]:
    accounts = AccountsOf(database, owners)
    found = assessed.assessments
    is_evidence = found.c.kind == Kind.EVIDENCE.value

    def of_papers(record_class: str, *kinds: PaperKind) -> Shelf:
        chosen = papers.c.kind.in_([kind.value for kind in kinds])
        return TableShelf(
            database, record_class, papers, client=papers.c.account_id, made_ns=papers.c.begun_ns, only=chosen,
            keys=accounts,
        )  # fmt: skip

    def of_clients(record_class: str, made_ns: Column[Any], only: ColumnElement[bool] | None = None) -> Shelf:
        table = made_ns.table
        return TableShelf(database, record_class, table, client=table.c.client_id, made_ns=made_ns, only=only)

    complaint = register_records.c.register == Register.COMPLAINT.value
    statements = PaperKind.DAILY_STATEMENT, PaperKind.MONTHLY_STATEMENT, PaperKind.POSITION_STATEMENT
    return [
        of_clients("professional_evidence", found.c.from_ns, is_evidence),
        of_clients("risk_profiles", found.c.from_ns, ~is_evidence),
        of_clients("suitability", assessed.knowledge_tests.c.begun_ns),
        of_clients("client_agreements", assessed.agreement_acceptances.c.accepted_ns),
        of_clients("standing_authorities", assessed.standing_authorities.c.begins_ns),
        of_papers("contract_notes", PaperKind.CONTRACT_NOTE),
        of_papers("receipts", PaperKind.RECEIPT),
        of_papers("monthly_statements", *statements),
        TableShelf(
            database,
            "complaints",
            register_records,
            client=register_records.c.account_id,
            made_ns=register_records.c.begun_ns,
            only=complaint,
            keys=accounts,
        ),
        ClientFileShelf(database, directory),  # last: while it is there, whose the rest is can be told
    ]
