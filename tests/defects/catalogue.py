"""The named defects of the core: single broken rules that the ordinary suite must notice.

None of them has a test of its own. Tables of spec/, tests of the core, random flows against the auditor and the
bookkeeper were written for the rules; `make defects` shows that they notice when one is broken.
"""

from __future__ import annotations

from tests.defects.in_bookings import IN_BOOKINGS
from tests.defects.in_client_ids import IN_CLIENT_IDS
from tests.defects.in_fees import IN_FEES
from tests.defects.in_gates import IN_GATES
from tests.defects.in_icebergs import IN_ICEBERGS
from tests.defects.in_money import IN_MONEY
from tests.defects.in_operations import IN_OPERATIONS
from tests.defects.in_orders import IN_ORDERS
from tests.defects.in_phases import IN_PHASES
from tests.defects.in_queues import IN_QUEUES
from tests.defects.in_saving import IN_SAVING
from tests.defects.in_standing import IN_STANDING
from tests.defects.in_triggers import IN_TRIGGERS

DEFECTS = (
    *IN_QUEUES,
    *IN_ICEBERGS,
    *IN_ORDERS,
    *IN_TRIGGERS,
    *IN_GATES,
    *IN_CLIENT_IDS,
    *IN_MONEY,
    *IN_FEES,
    *IN_BOOKINGS,
    *IN_STANDING,
    *IN_OPERATIONS,
    *IN_PHASES,
    *IN_SAVING,
)
