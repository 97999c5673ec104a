"""The rows of everything for staff, in the order of the documents."""

from __future__ import annotations

from lionrock.gateways.rest.contract import Endpoint
from lionrock.gateways.rest.staff import (
    admission,
    assessments,
    attestations,
    capital,
    clients,
    members,
    notices,
    outbox,
    proposals,
    records,
    registers,
    releases,
    rulebook,
    sign_in,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *sign_in.ENDPOINTS,
    *members.ENDPOINTS,
    *notices.ENDPOINTS,
    *proposals.ENDPOINTS,
    *attestations.ENDPOINTS,
    *registers.ENDPOINTS,
    *admission.ENDPOINTS,
    *rulebook.ENDPOINTS,
    *rulebook.PUBLIC,
    *clients.ENDPOINTS,
    *releases.ENDPOINTS,
    *assessments.ENDPOINTS,
    *records.ENDPOINTS,
    *capital.ENDPOINTS,
    *outbox.ENDPOINTS,
)
