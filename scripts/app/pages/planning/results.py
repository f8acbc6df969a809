"""What the planner's pages read from results of jobs."""

from typing import Any

from ...jobs import follower, latest_jobs
from ...planning import Curve, DailyReports, Frontier, curves_of, frontier_of, names_of
from ...storage import Job, Store, UnknownError
from .. import Daily, document

FRONTIER = "frontier.json"


def plan_content(store: Store, result: str | None) -> dict[str, Any]:
    """Return ``plan.json`` of a result.

    Raises:
        UnknownError: there is no such result, or it has no plan.
    """
    content: dict[str, Any] | None = document(store, result, "plan.json")
    if content is None:
        raise UnknownError("plan", str(result))
    return content


def budgets_job(store: Store, plan: Job) -> Job | None:
    """Return the job that plans other budgets after a plan; None if nobody has asked for it."""
    return follower(store, plan.id, "frontier")


def budgets_result(store: Store, plan: Job) -> str | None:
    """Return the result that has ``frontier.json``: that of the plan, or of the job after it."""
    if FRONTIER in files_of(store, plan):
        return plan.result
    after = budgets_job(store, plan)
    return None if after is None else after.result


def frontier(store: Store, result: str | None) -> Frontier | None:
    """Return the best plans by budget of a result; None if it has none."""
    content = document(store, result, FRONTIER)
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
