"""What the interface for the staff works with: the book of figures and the returns."""

from __future__ import annotations

import msgspec

from lionrock.compliance.capital.book import CapitalBook
from lionrock.compliance.capital.returns import Returns


class CapitalDesk(msgspec.Struct, frozen=True):
    """Of one site."""

    book: CapitalBook
    returns: Returns
