"""The rows of everything for staff, in the order of the documents."""

from __future__ import annotations

from lionrock.gateways.rest.contract import Endpoint
from lionrock.gateways.rest.staff import (
    admission,
    assessments,
    capital,
    clients,
    members,
    proposals,
    records,
    registers,
    rulebook,
    sign_in,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *sign_in.ENDPOINTS,
    *members.ENDPOINTS,
    *proposals.ENDPOINTS,
    *registers.ENDPOINTS,
    *admission.ENDPOINTS,
    *rulebook.ENDPOINTS,
    *rulebook.PUBLIC,
    *clients.ENDPOINTS,
    *assessments.ENDPOINTS,
    *records.ENDPOINTS,
    *capital.ENDPOINTS,
)
