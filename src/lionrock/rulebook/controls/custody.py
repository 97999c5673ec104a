"""Where clients' assets are kept, and what pays for them when they are lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.findings import failed, no_data, passed
from lionrock.rulebook.controls.spans import NS_PER_HOUR
from lionrock.rulebook.facts import Cover, CustodySplit
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

PPM = 1_000_000


class Cold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    least_ppm: Annotated[int, Stricter.HIGHER]
    """Of the value of all clients' virtual assets."""
    alarm_ppm: Annotated[int, Stricter.HIGHER] = 0
    """Below this a top-up should be thought over, though nothing is broken yet."""
    oldest_hours: Annotated[int, Stricter.LOWER] = 24


@control(Kind.INVARIANT)
def cold_share_at_least(parameters: Cold, splits: Sequence[CustodySplit], moment: Moment) -> Finding:
    """Of the value of all clients' virtual assets at least the stated share is kept with keys offline.

    Exactly the share is enough. Compared as products, so that nothing is rounded. Values older than a day are no data.
    """
    if not splits or min(each.valued_ns for each in splits) < moment.now_ns - parameters.oldest_hours * NS_PER_HOUR:
        return no_data("Clients' assets were not valued in time.", "Value them.")
    cold, hot = sum(each.cold_minor for each in splits), sum(each.hot_minor for each in splits)
    total = cold + hot
    if not total:
        return passed("No virtual assets are kept for clients.")
    figures = {"cold_minor": cold, "hot_minor": hot, "cold_ppm": cold * PPM // total, "least_ppm": parameters.least_ppm}
    if cold * PPM < total * parameters.least_ppm:
        return failed(
            "Too much is kept with keys online.",
            "Move assets to cold storage now.",
            [each.asset for each in splits if each.hot_minor],
            **figures,
        )
    if cold * PPM < total * parameters.alarm_ppm:
        return passed("Enough is kept cold, but the alarm's mark is passed: move assets to cold storage.", **figures)
    return passed("Enough is kept cold.", **figures)


class Compensation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cold_ppm: Annotated[int, Stricter.HIGHER]
    hot_ppm: Annotated[int, Stricter.HIGHER]
    oldest_hours: Annotated[int, Stricter.LOWER] = 24


@control(Kind.INVARIANT)
def cover_at_least(
    parameters: Compensation, splits: Sequence[CustodySplit], covers: Sequence[Cover], moment: Moment
) -> Finding:
    """Insurance, funds set aside and guarantees pay the stated shares of what is kept cold and of what is not.

    What is needed is rounded up. Looked at each day; values older than a day are no data.
    """
    oldest_ns = moment.now_ns - parameters.oldest_hours * NS_PER_HOUR
    cover = max(covers, key=lambda each: each.as_of_ns, default=None)
    if cover is None or not splits or min([cover.as_of_ns, *(each.valued_ns for each in splits)]) < oldest_ns:
        return no_data("Clients' assets or their cover were not valued in time.", "Value both.")
    if any(each.currency != cover.currency for each in splits):
        return no_data("Assets and cover are valued in different currencies.", "Value both in one.")
    needed = -(
        -sum(each.cold_minor * parameters.cold_ppm + each.hot_minor * parameters.hot_ppm for each in splits) // PPM
    )
    figures = {"cover_minor": cover.cover_minor, "needed_minor": needed}
    if cover.cover_minor < needed:
        return failed(
            "The cover does not pay for what could be lost.",
            "Move assets to cold storage, raise the cover, or tell the regulator.",
            (),
            **figures,
        )
    return passed("The cover pays for what could be lost.", **figures)
