"""What must be known of both sides before a virtual asset is sent or credited: the travel rule."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.findings import failed, no_data, passed
from lionrock.rulebook.facts import TransferInformation
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter


class Information(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str
    full_from_minor: Annotated[int, Stricter.LOWER]
    """From this amount on the full set is asked. A law that says "exceeding" is given one minor unit more: above
    AED 3,500.00 is from AED 3,500.01 on.
    """
    basic_fields: Annotated[tuple[str, ...], Stricter.UNION] = ()
    """Asked below it."""
    full_fields: Annotated[tuple[str, ...], Stricter.UNION] = ()
    one_of_fields: Annotated[tuple[str, ...], Stricter.INTERSECTION] = ()
    """At least one of these is asked with the full set; empty for none."""
    counterparties: Annotated[tuple[str, ...], Stricter.UNION] = ("institution", "self_hosted")


@control(Kind.GATE)
def transfer_information_complete(parameters: Information, transfer: TransferInformation, moment: Moment) -> Finding:
    """Names, accounts and, from a stated amount on, further facts of originator and recipient are there before a
    transfer.

    The amount is that of the transfer and of those linked to it, in the currency of the law, at a stated rate and time.
    What is there but makes no sense counts as missing. Below the amount the basic set is asked: no transfer is without
    information where the law has no such tier.
    """
    if transfer.counterparty not in parameters.counterparties:
        return passed("Not asked of this kind of counterparty.")
    amount = _amount(transfer, parameters.currency)
    if amount is None:
        return no_data(f"The transfer is not valued in {parameters.currency}.", "Value it at the stated rate.")
    is_full = amount >= parameters.full_from_minor
    asked = parameters.full_fields if is_full else parameters.basic_fields
    missing = [field for field in asked if field not in transfer.fields]
    if is_full and parameters.one_of_fields and not set(parameters.one_of_fields) & set(transfer.fields):
        missing.append(f"one of {', '.join(parameters.one_of_fields)}")
    figures = {
        "amount_minor": amount,
        "full_from_minor": parameters.full_from_minor,
        "asked": len(asked),
        "missing": len(missing),
    }
    if missing:
        return failed(
            f"The transfer lacks {'; '.join(missing)}.", "Ask for what is missing; do not send or credit before.",
            (transfer.transfer_id,), **figures,
        )  # fmt: skip
    return passed("The transfer has all that is asked.", **figures)


class Ownership(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str
    from_minor: Annotated[int, Stricter.LOWER]
    """As for the full set: a law that says "exceeding" is given one minor unit more."""


@control(Kind.GATE)
def self_hosted_ownership_proved(parameters: Ownership, transfer: TransferInformation, moment: Moment) -> Finding:
    """From a stated amount on, a client has shown that the self-hosted address of a transfer is theirs."""
    if transfer.counterparty != "self_hosted":
        return passed("The address is not self-hosted.")
    amount = _amount(transfer, parameters.currency)
    if amount is None:
        return no_data(f"The transfer is not valued in {parameters.currency}.", "Value it at the stated rate.")
    figures = {"amount_minor": amount, "from_minor": parameters.from_minor}
    if amount >= parameters.from_minor and not transfer.ownership_proved:
        return failed(
            "Whose the self-hosted address is was not shown.",
            "Have the client sign a message with it or send a small amount.",
            (transfer.transfer_id,),
            **figures,
        )
    return passed("The address was shown to be the client's, or this is not asked.", **figures)


def _amount(transfer: TransferInformation, currency: str) -> int | None:
    return next((each.minor for each in transfer.amounts if each.currency == currency), None)
