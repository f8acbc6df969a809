"""The routes of all pages of the planner."""

from fastapi import APIRouter

from . import compare, pacing, plan, replan, scenarios, share, what_if

router = APIRouter(include_in_schema=False)
for part in (plan, what_if, scenarios, compare, pacing, replan, share):
    router.include_router(part.router)
