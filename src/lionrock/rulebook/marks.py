"""What everybody must know who is shown what a site found of itself: why it may be no evidence of a venue at work."""

from __future__ import annotations

from enum import StrEnum


class Mark(StrEnum):
    """The values stand in runs, reports and bundles; `rulebook/verify.py` has the words for them."""

    SANDBOX = "sandbox"
    """The journal was served as a sandbox, where anybody funds an account: figures may be made up."""
    OTHER_REGIME = "other_regime"
    """Rules were asked that are not those of the licences of the site whose data it is."""
