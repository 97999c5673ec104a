"""What the endpoints of admission work with, put together."""

from __future__ import annotations

import msgspec

from lionrock.compliance.admission.board_report import BoardReports
from lionrock.compliance.admission.room import Admission


class AdmissionDesk(msgspec.Struct, frozen=True):
    """Of a site."""

    admission: Admission
    reports: BoardReports
