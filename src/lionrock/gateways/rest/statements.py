"""Statements of an account to download. Ours, beside the contract."""

from __future__ import annotations

from lionrock.gateways.rest.contract import (
    NS_PER_MS,
    Call,
    Endpoint,
    Kind,
    Media,
    Parameter,
    Reply,
    Security,
    StatementRefused,
    Venue,
    own_account,
)
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.histories import ACCOUNT, ask_complete, explained
from lionrock.views.sql.statement_files import FORMATS


async def statement(venue: Venue, call: Call) -> Reply:
    """The file. A time that is not over yet is cut off at the present."""
    parameters = call.parameters
    account_id = own_account(call)
    from_ms, until_ms = parameters.number("from"), parameters.number("to")
    file_format = parameters.text("format") or "json"
    if from_ms is None:
        raise missing_or_invalid("from")
    if until_ms is None or until_ms <= from_ms:
        raise missing_or_invalid("to")
    if file_format not in FORMATS:
        raise missing_or_invalid("format")
    if venue.make_statement is None:
        raise Refused(-1101)
    until_ms = min(until_ms, venue.now_ms())
    if until_ms <= from_ms:
        raise missing_or_invalid("from")
    await ask_complete(venue, lambda _: None)
    try:
        made = await venue.make_statement(account_id, from_ms * NS_PER_MS, until_ms * NS_PER_MS, file_format)
    except StatementRefused as refused:
        raise explained(-1020, refused.name, refused.words, refused.next_step) from refused
    return Reply(200, FORMATS[file_format][0].encode(), made)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/lionrock/v1/statements",
        Security.USER_DATA,
        20,
        statement,
        "Statement of the account: opening balances, every entry, closing balances",
        parameters=(
            Parameter("from", "Beginning of the statement, included", Kind.MILLISECONDS, is_required=True),
            Parameter("to", "Its end, not included; at most the present", Kind.MILLISECONDS, is_required=True),
            Parameter("format", "Of the file; JSON unless said otherwise", choices=tuple(FORMATS), example="csv"),
            ACCOUNT,
        ),
        answer=Media(tuple(kind.partition(";")[0] for kind, _ in FORMATS.values())),
    ),
)
