"""What stands about notices, for the rules: which are on, and what may be done without."""

from __future__ import annotations

from lionrock.people.notices import OPTIONAL, Notices, Occasion

ALWAYS = (Occasion.LOGIN, Occasion.PASSWORD_RESET, Occasion.TRADE, Occasion.PROFILE_CHANGE)


def notice_settings(notices: Notices | None) -> dict[str, int | str]:
    """Name and value of each setting; off where the site has no notices."""
    is_on = "off" if notices is None else "on"
    told: dict[str, int | str] = {f"notice.{each.value}": is_on for each in ALWAYS}
    told["notice.may_opt_out"] = ",".join(sorted(each.value for each in OPTIONAL)) or "none"
    return told
