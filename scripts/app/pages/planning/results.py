"""What the planner's pages read from results of jobs."""

from typing import Any

from ...jobs import latest_jobs
from ...planning import Curve, DailyReports, Frontier, curves_of, frontier_of, names_of
from ...storage import Job, Store, UnknownError
from .. import Daily, document


def plan_content(store: Store, result: str | None) -> dict[str, Any]:
    """Return ``plan.json`` of a result.

    Raises:
        UnknownError: there is no such result, or it has no plan.
    """
    content: dict[str, Any] | None = document(store, result, "plan.json")
    if content is None:
        raise UnknownError("plan", str(result))
    return content


def frontier(store: Store, result: str | None) -> Frontier | None:
    """Return the best plans by budget beside a plan; None if there are none."""
    content = document(store, result, "frontier.json")
    return None if content is None else frontier_of(content)


def curves(store: Store, advertiser: str, plan: dict[str, Any]) -> tuple[Curve, ...] | None:
    """Return the response curves of a plan's campaigns from the latest calibration."""
    job = latest_jobs(store, advertiser, state="done").get("calibrate")
    content = job and document(store, job.result, "calibration/calibration.json")
    return curves_of(content, names_of(plan)) if content else None


def daily_reports_of(daily: Daily) -> DailyReports:
    """Return the daily figures of the exports as the planner takes them."""
    spend, conversions, revenue = (
        daily.values[metric] for metric in ("spend", "conversions", "revenue")
    )
    reported = (spend > 0) | (conversions > 0)
    return DailyReports(
        daily.start, daily.names, spend, conversions, revenue, reported, daily.currency
    )


def files_of(store: Store, job: Job) -> dict[str, int]:
    """Return names and sizes of the files of a job's result."""
    if job.result is None:
        return {}
    return {file.name: file.size for file in store.result(job.result).files}
