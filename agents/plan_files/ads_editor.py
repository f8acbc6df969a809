"""Daily budgets for Google Ads Editor, by a mapping from campaign types to campaigns."""

from pathlib import Path

from ...data.errors import ConfigError
from ...data.formats import decimals_of
from .csv_files import csv_bytes
from .platforms import platform_of
from .shares import KEY, read_shares, split
from .today import action_of, day_to_enter
from .view import View

ADS_EDITOR = ("Campaign", "Campaign Status", "Budget", "Budget type")
_STATUS = {"pause": "Paused", "start": "Enabled"}  # by action; otherwise it stays as it is


def google_ads_editor(view: View, mapping: Path | None) -> bytes:
    """CSV that Google Ads Editor imports: one row per campaign of the account.

    The budgets of the campaigns of one type sum to that type's budget exactly. An empty cell leaves
    a setting as it is. Names stay as they are, because the Editor finds campaigns by them.

    Args:
        view: the plan.
        mapping: YAML file; see `read_shares`.

    Raises:
        ConfigError: there is no mapping, it does not fit the plan, the plan has no campaigns on
            Google, or every day of the flight has passed.
    """
    day_to_enter(view)
    campaigns = [one for one in view.campaigns if platform_of(one.channel) == "google"]
    if not campaigns:
        raise ConfigError(
            "export: google_ads_editor was given, but the plan has no campaigns on Google. "
            "Allowed: plans with a channel google. To fix: take it out of export"
        )
    if mapping is None:
        raise ConfigError(
            f"{KEY}: null was given. Allowed with google_ads_editor: a YAML file with the "
            "account's campaigns of each campaign type and their shares, which the plan does not "
            f"know. To fix: write it for {', '.join(one.name for one in campaigns)}, and set {KEY}"
        )
    shares = read_shares(mapping, [campaign.name for campaign in campaigns])
    unit = 1 if decimals_of(view.currency) else 100
    rows = []
    for campaign in campaigns:
        today = campaign.today or 0
        status = _STATUS.get(action_of(today, campaign.live), "")
        for name, cents in split(today, shares[campaign.name], unit).items():
            if cents:  # the Editor takes no budget of 0
                rows.append([name, status, view.plain(cents), "Daily"])
            else:
                rows.append([name, "Paused", "", ""])
    return csv_bytes(ADS_EDITOR, rows)
