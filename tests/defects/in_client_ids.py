"""Defects of the clients' own ids."""

from __future__ import annotations

from tests.defects.defect import Defect

IN_CLIENT_IDS = (
    Defect(
        "client-id-is-free-a-nanosecond-late",
        "CLID-004",
        "while slot >= 0 and time_ns - self.ids[slot].ended_ns >= CLIENT_ORDER_ID_MEMORY_NS():",
        "while slot >= 0 and time_ns - self.ids[slot].ended_ns > CLIENT_ORDER_ID_MEMORY_NS():",
    ),
    Defect(
        "once-some-client-ids-were-freed-the-others-are-not",
        "CLID-004",
        "self.next_free_ns = free_from(self.ids[slot].ended_ns) if slot >= 0 else INT64_MAX",
        "self.next_free_ns = INT64_MAX",
    ),
    Defect(
        "client-ids-that-mix-alike-are-one",
        "CLID-001",
        "(self.ids[slot].account != account or self.ids[slot].client_order_key != client_order_key):",
        "self.ids[slot].account != account:",
    ),
    Defect(
        "freed-client-id-takes-along-one-that-mixes-alike",
        "CLID-001",
        "            if self.ids[slot].same_home >= 0:\n"
        "                self.homes.insert(home, self.ids[slot].same_home)\n",
        "",
    ),
    Defect(
        "refused-order-takes-its-client-id",
        "CLID-003",
        "        if available_atoms < order.held_atoms:\n",
        "        if available_atoms < order.held_atoms and command.client_order_key != 0:\n"
        "            self.client_ids.take(account, command.client_order_key, command.order_id)\n"
        "        if available_atoms < order.held_atoms:\n",
    ),
    Defect(
        "kill-switch-is-told-before-a-client-id-in-use",
        "CLID-002",
        "        elif command.client_order_key != 0 and self.client_id_refused(command):\n",
        "        elif command.client_order_key != 0 and (\n"
        "            not self.standing.site_stopped and self.client_id_refused(command)\n"
        "        ):\n",
    ),
    Defect(
        "order-with-more-to-it-may-use-a-client-id-twice",
        "CLID-002",
        "        if command.client_order_key != 0 and self.client_id_refused(command):\n",
        "        if False:\n",
    ),
    Defect(
        "client-id-goes-before-the-orders-number",
        "CLID-006",
        "        if order_id == 0:\n            order_id = self.client_ids.order(",
        "        if order_id == 0 or client_order_key != 0:\n            order_id = self.client_ids.order(",
    ),
)
