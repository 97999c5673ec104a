"""The named defects of the core: single broken rules that the ordinary suite must notice.

None of them has a test of its own. Tables of spec/, random flows against the auditor and the bookkeeper were written
for the rules; `make defects` shows that they notice when one is broken.
"""

from __future__ import annotations

from tests.defects.in_money import IN_MONEY
from tests.defects.in_operations import IN_OPERATIONS
from tests.defects.in_orders import IN_ORDERS
from tests.defects.in_phases import IN_PHASES
from tests.defects.in_queues import IN_QUEUES
from tests.defects.in_standing import IN_STANDING

DEFECTS = (*IN_QUEUES, *IN_ORDERS, *IN_MONEY, *IN_STANDING, *IN_OPERATIONS, *IN_PHASES)
