"""Brings what the core lets clients' accounts do to what was found out about them, and keeps it there.

SQL says what was found out, the core what holds. Both differ after a crash between the two and whenever time alone
changes a client's standing; so nothing is remembered of what was sent: what should hold is worked out, compared with
what the core has, and the difference submitted in one frame together with the hash of the decision.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Engine, delete, insert, select, update

from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.ports import AssetTerms, Client, Rulebook
from lionrock.compliance.assessments.standing import ClientFile, Methods, Standing, standing, subject_of
from lionrock.compliance.assessments.tables import client_decisions
from lionrock.compliance.gates.outcomes import Listed, SiteTerms, difference, wanted
from lionrock.node.node import Node
from lionrock.people.accounts import Owners
from lionrock.rulebook.decisions import Decision
from lionrock.views.catalogue import Catalogue
from lionrock.views.profiles import Profiles
from lionrock.words.commands import AdvanceTime, Command
from lionrock.words.events import CommandRejected
from lionrock.words.faults import Fault
from lionrock.words.figures import explain
from lionrock.words.side_notes import StatementKind, statement

PLACE = "compliance.gates"
"""Where the gates that the terms name are asked."""
TOGETHER = 50
"""Clients compared before anybody else's turn: a few milliseconds."""


class Ledger(msgspec.Struct, frozen=True):
    """What the core is and has."""

    node: Node
    catalogue: Catalogue
    owners: Owners
    profiles: Profiles
    database: Engine


class DecisionBody(msgspec.Struct, frozen=True):
    """What stands behind a change of a client's accounts. Without personal data; its SHA-256 is in the journal."""

    client_id: str
    at_ns: int
    client_class: str
    effect: str
    conditions: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    commands: list[dict[str, Any]]
    methods: dict[str, str]

    def encode(self) -> bytes:
        """Canonical JSON: names in order, no spaces. What replays compare, byte for byte."""
        return msgspec.json.encode(self, order="sorted")


class ClientGates:
    """The gates of a site's clients. Lives in the loop of the node."""

    def __init__(
        self,
        ledger: Ledger,
        assessments: Assessments,
        rulebook: Rulebook | None,
        site: SiteTerms,
        asset_terms: Callable[[], Mapping[str, AssetTerms]] | None = None,
    ) -> None:
        """`asset_terms` tells who may acquire what, as admission decided, by asset code; it may be SQL."""
        self.ledger, self.assessments, self.site = ledger, assessments, site
        self._rulebook, self._read_asset_terms = rulebook, asset_terms
        self._asset_terms: Mapping[str, AssetTerms] | None = None if asset_terms is None else {}
        self._one_at_a_time = asyncio.Lock()
        self.standings: dict[str, Standing] = {}
        """The last of each client."""
        self._client_of: dict[int, str] = {}
        self.asked: Counter[tuple[str, bool]] = Counter()
        """Decisions since the site began, by gate and whether it admitted."""

    async def apply(self, client_id: str, at_ns: int, *, knows_assets: bool = False) -> Standing | None:
        """Work out where a client stands and have the core follow. None for a client that nobody knows. In a round over
        many clients who may acquire what is read once, with the first: `knows_assets` for the others.

        Doing it again changes nothing. Raises what `Node.submit_all` raises; what was not submitted then, the next
        look does.
        """
        async with self._one_at_a_time:
            if not knows_assets:
                await asyncio.to_thread(self._look_at_assets)
            found = await asyncio.to_thread(self._read, client_id)
            if found is None:
                return None
            methods = await asyncio.to_thread(self.assessments.methods)
            await self._follow(*found, methods, at_ns)
            return self.standings[client_id]

    async def reconcile(self, at_ns: int) -> list[str]:
        """The same for every client; who was not as it should be. What a crash left undone is done here."""
        async with self._one_at_a_time:
            clients, files, methods = await asyncio.to_thread(self.read_all)
            repaired = []
            for place, client in enumerate(clients):
                if place % TOGETHER == 0:
                    await asyncio.sleep(0)  # others use the loop, too
                file = self.file_of(client, files)
                if await self._follow(client, file, methods, at_ns):
                    repaired.append(client.client_id)
            return repaired

    def standing_of_account(self, account_id: int) -> Standing | None:
        """The last standing of whoever owns an account, sub-accounts included."""
        return self.standings.get(self._client_of.get(self.ledger.owners.owner_of(account_id), ""))

    def due(self, at_ns: int) -> list[str]:
        """Clients whose standing has changed by itself since it was worked out."""
        return [client_id for client_id, each in self.standings.items() if each.next_change_ns <= at_ns]

    def following(self, owner_id: int, account_id: int) -> list[Command]:
        """What is to stand in the frame that opens a sub-account, so that it never is without its owner's gates.

        Its owner's other accounts are in it too, as the exposure limit is divided anew.
        """
        current = self.standing_of_account(owner_id)
        if current is None:
            return []
        accounts = [*self.ledger.owners.accounts(owner_id), account_id]
        owners = dict.fromkeys(accounts, owner_id)  # the frame itself sets the new one's
        return self._difference(current, accounts, owners)

    def _read(self, client_id: str) -> tuple[Client, ClientFile] | None:
        client = self.assessments.clients.client(client_id)
        return (client, self._with_use(client, self.assessments.file(client_id))) if client else None

    def read_all(self) -> tuple[Sequence[Client], Mapping[str, ClientFile], Methods]:
        """Every client, what is on record, and by what it is judged. SQL."""
        self._look_at_assets()
        return self.assessments.clients.all(), self.assessments.files(), self.assessments.methods()

    def _look_at_assets(self) -> None:
        if self._read_asset_terms is not None:
            self._asset_terms = self._read_asset_terms()

    def file_of(self, client: Client, files: Mapping[str, ClientFile]) -> ClientFile:
        """Out of all of them."""
        return self._with_use(client, files.get(client.client_id, ClientFile([], [])))

    def _with_use(self, client: Client, file: ClientFile) -> ClientFile:
        used = [self.ledger.profiles.last_used_ns.get(each, 0) for each in self.accounts(client)]
        return msgspec.structs.replace(file, last_used_ns=max(used, default=0))

    def accounts(self, client: Client) -> list[int]:
        """Those of the client that are open."""
        if client.account_id not in self.ledger.catalogue.accounts:
            return []
        own = self.ledger.owners.accounts(client.account_id)
        further = [each for each in client.further_accounts if each in self.ledger.catalogue.accounts]
        return list(dict.fromkeys([*own, *further]))

    async def _follow(self, client: Client, file: ClientFile, methods: Methods, at_ns: int) -> bool:
        """Whether the core had to be told anything."""
        answer = self._rulebook.answer if self._rulebook else None
        current = standing(client, file, methods, answer, at_ns)
        accounts = self.accounts(client)
        owners = {account_id: self.ledger.owners.owner_of(account_id) for account_id in accounts}
        commands = self._difference(current, accounts, owners)
        if commands:
            await self._submit(current, commands)
        self.standings[client.client_id] = current
        if client.account_id:
            self._client_of[client.account_id] = client.client_id
        return bool(commands)

    def _difference(self, current: Standing, accounts: Sequence[int], owners: Mapping[int, int]) -> list[Command]:
        listed = self.listed()
        terms, method = self.assessments.terms, self.assessments.data.profile[0]
        want = wanted(current, accounts, listed, site=self.site, terms=terms, method=method)
        return difference(want, self.ledger.profiles, owners, current.client.account_id, listed)

    def listed(self) -> Listed:
        catalogue = self.ledger.catalogue
        return Listed(
            {asset_id: asset.code for asset_id, asset in catalogue.assets.items()},
            {each.market_id: (each.base.asset_id, each.quote.asset_id) for each in catalogue.markets.values()},
            self._asset_terms,
        )

    async def _submit(self, current: Standing, commands: list[Command]) -> None:
        """The decision is in SQL before its hash is in the journal; both stand in one frame with what they bring."""
        decisions = await asyncio.to_thread(self._decide, current)
        body = self._body(current, commands, decisions).encode()
        digest = sha256(body).digest()
        await asyncio.to_thread(self._keep, current, digest, body)
        noted: list[tuple[Command, bytes]] = [(AdvanceTime(), statement(StatementKind.DECISION, digest))]
        answer = await self.ledger.node.submit_noted(noted + [(command, b"") for command in commands])
        answers = answer.published.events_by_command[answer.start : answer.start + answer.command_count]
        for event in (event for events in answers for event in events):
            if isinstance(event, CommandRejected):
                words = explain(event.rejection, event.first_figure, event.second_figure)
                raise Fault(f"the core refuses what a client's standing asks for: {words}")
        await asyncio.to_thread(self._stands, digest, answer.published.sequence + answer.start)

    def _decide(self, current: Standing) -> list[Decision]:
        """The gates once more, recorded this time, as something is done upon them."""
        if self._rulebook is None:
            return []
        subject = subject_of(current.client, current.client_class)
        decisions = [
            self._rulebook.decide(gate, current.record, current.at_ns, subject) for gate in self.assessments.terms.gates
        ]
        self.asked.update((each.gate, each.is_admitted) for each in decisions)
        return decisions

    def _body(self, current: Standing, commands: list[Command], decisions: list[Decision]) -> DecisionBody:
        data = self.assessments.data
        return DecisionBody(
            current.client.client_id,
            current.at_ns,
            current.client_class,
            current.effect.name.lower(),
            [msgspec.to_builtins(each) for each in current.conditions],
            [msgspec.to_builtins(each) for each in decisions],
            [{"command": type(each).__name__} | msgspec.structs.asdict(each) for each in commands],
            {
                data.terms.id: sha256(msgspec.json.encode(data.terms, order="sorted")).hexdigest(),
                data.risk[0].id: data.risk[1],
                data.profile[0].id: data.profile[1],
                data.exposure[0].id: data.exposure[1],
                data.bank.id: data.bank.sha256,
            },
        )

    def _keep(self, current: Standing, digest: bytes, body: bytes) -> None:
        with self.ledger.database.begin() as connection:
            known = select(client_decisions.c.digest).where(client_decisions.c.digest == digest.hex())
            if connection.execute(known).one_or_none() is None:
                connection.execute(
                    insert(client_decisions).values(
                        digest=digest.hex(),
                        client_id=current.client.client_id,
                        at_ns=current.at_ns,
                        body=body.decode(),
                    )
                )

    def decisions_of(self, client_id: str) -> list[DecisionBody]:
        """What was decided about a client and reached the core, oldest first. SQL."""
        with self.ledger.database.connect() as connection:
            rows = connection.execute(
                select(client_decisions.c.body)
                .where(client_decisions.c.client_id == client_id, client_decisions.c.sequence > 0)
                .order_by(client_decisions.c.sequence)
            )
            return [msgspec.json.decode(row.body, type=DecisionBody) for row in rows]

    def _stands(self, digest: bytes, sequence: int) -> None:
        with self.ledger.database.begin() as connection:
            connection.execute(
                update(client_decisions).where(client_decisions.c.digest == digest.hex()).values(sequence=sequence)
            )


def forget_later_decisions(database: Engine, last_sequence: int) -> None:
    """Of a site that is set back: drops decisions about clients that the journal has no more; they are made anew."""
    with database.begin() as connection:
        connection.execute(delete(client_decisions).where(client_decisions.c.sequence > last_sequence))
