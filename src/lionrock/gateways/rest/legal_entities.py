"""Whose a site is, as the interface tells it."""

from __future__ import annotations

import msgspec


class LicenceHeld(msgspec.Struct, frozen=True):
    """A licence of an entity."""

    id: str
    reference: str = ""
    """The regulator's number; empty until there is one."""


class LegalEntity(msgspec.Struct, frozen=True):
    """Who runs the site, or holds what is in it."""

    code: str
    title: str
    licences: tuple[LicenceHeld, ...] = ()
