"""What the running site is set to, and for whom the gates of its engine are set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.backing import by_word, set_to
from lionrock.rulebook.controls.findings import failed, no_data, passed
from lionrock.rulebook.facts import OrderGateSetting, Setting
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

_SET = "Set it in the site's file and restart."


class IsOneOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    allowed: Annotated[tuple[str, ...], Stricter.INTERSECTION]


@control(Kind.INVARIANT)
def setting_is(parameters: IsOneOf, settings: Sequence[Setting], moment: Moment) -> Finding:
    """The site is set to one of the values that the rule allows, such as credit being forbidden.

    A setting that the site does not tell is no data. What the site's file alone says is shown as declared, and as
    attested once two people stand for that value with a document; only what the program tells of itself passes.
    """
    setting = set_to(settings, parameters.name)
    if setting is None:
        return _untold(parameters.name)
    value = setting.value
    if str(value) not in parameters.allowed:
        allowed = " or ".join(parameters.allowed)
        return failed(
            f"{parameters.name} is {value}; it must be {allowed}.", _SET, (parameters.name,), value=str(value)
        )
    return by_word(setting, f"{parameters.name} is {value}.", value=str(value))


class AtLeast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    least: Annotated[int, Stricter.HIGHER]


@control(Kind.INVARIANT)
def setting_at_least(parameters: AtLeast, settings: Sequence[Setting], moment: Moment) -> Finding:
    """A number that the site is set to, or tells of itself, is at least what the rule asks."""
    setting = set_to(settings, parameters.name)
    if setting is None or not isinstance(value := setting.value, int):
        return _untold(parameters.name)
    if value < parameters.least:
        return failed(
            f"{parameters.name} is {value}; the least is {parameters.least}.", _SET, value=value, least=parameters.least
        )
    return by_word(setting, f"{parameters.name} is {value}.", value=value, least=parameters.least)


class AtMost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    most: Annotated[int, Stricter.LOWER]


@control(Kind.INVARIANT)
def setting_at_most(parameters: AtMost, settings: Sequence[Setting], moment: Moment) -> Finding:
    """A number that the site is set to, or tells of itself, is at most what the rule allows."""
    setting = set_to(settings, parameters.name)
    if setting is None or not isinstance(value := setting.value, int):
        return _untold(parameters.name)
    if value > parameters.most:
        return failed(
            f"{parameters.name} is {value}; the most is {parameters.most}.", _SET, value=value, most=parameters.most
        )
    return by_word(setting, f"{parameters.name} is {value}.", value=value, most=parameters.most)


class IsTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


@control(Kind.INVARIANT)
def setting_is_told(parameters: IsTold, settings: Sequence[Setting], moment: Moment) -> Finding:
    """The site names something that it must have, such as the reference of an approval by the regulator."""
    setting = set_to(settings, parameters.name)
    if setting is None:
        return _untold(parameters.name)
    if not str(setting.value).strip():
        return failed(f"{parameters.name} is empty.", "Get the approval, and name its reference.", (parameters.name,))
    return by_word(setting, f"{parameters.name} is told.")


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    product: str


@control(Kind.INVARIANT)
def product_needs_approval(parameters: Product, settings: Sequence[Setting], moment: Moment) -> Finding:
    """A product that needs the regulator's approval is not offered without naming it.

    The setting `product.<name>` is `forbidden`, or `approved:` and the reference of the approval under which the
    product is offered.
    """
    name = f"product.{parameters.product}"
    setting = set_to(settings, name)
    if setting is None:
        return _untold(name)
    told = str(setting.value).strip()
    if told == "forbidden":
        return by_word(setting, f"{name} is forbidden.", value=told)
    if told.startswith("approved:") and told.removeprefix("approved:").strip():
        return by_word(setting, f"{name} is offered under a named approval.", value=told)
    return failed(
        f"{name} is offered and no approval is named.",
        "Forbid it, or set it to `approved:` with the regulator's reference.",
        (name,),
        value=told,
    )


class OrderGate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rejection: str
    """Name of a rejection of the core."""


@control(Kind.INVARIANT)
def order_gate_is_set(parameters: OrderGate, gates: Sequence[OrderGateSetting], moment: Moment) -> Finding:
    """A gate of the matching engine has its figure for every account or market that needs one.

    The engine refuses by itself; what may be missing is the limit, and an account without a limit has none.
    """
    mine = next((each for each in gates if each.rejection == parameters.rejection), None)
    if mine is None:
        return no_data(f"The site does not say for whom {parameters.rejection} is set.", "Supply the gate's setting.")
    figures = {"set_for": mine.set_for, "out_of": mine.out_of, "refused": mine.refused}
    if mine.set_for < mine.out_of:
        missing = mine.out_of - mine.set_for
        return failed(
            f"{parameters.rejection} is not set for {missing} of {mine.out_of}.",
            "Set the limit, or stop trading where it is missing.",
            (),
            **figures,
        )
    return passed(f"{parameters.rejection} is set for all {mine.out_of}.", **figures)


def _untold(name: str) -> Finding:
    return no_data(f"The site does not say {name}.", _SET)
