"""Draw the pictures of ``docs/physics.md`` from the simulator itself.

``python docs/physics.py`` writes ``docs/physics_*.png``. Every curve is what `simulate` or a
function of ``envs.market`` returns; the variants of a parameter are the campaigns of one market.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mediagym.data.plotting import blank, png_of
from mediagym.data.types import Floats
from mediagym.envs.market import (
    Market,
    MarketState,
    Noise,
    Outcome,
    carryover_of,
    landed_share,
    local_elasticity,
    poisson_quantile,
    saturation,
    simulate,
    unit_gamma,
)

DOCS = Path(__file__).resolve().parent
SPEND, CONVERSIONS = 1000.0, 50.0  # of every campaign at its reference
MONDAY = 19723  # 2024-01-01, in days since 1970-01-01
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")


def market(variants: int, **fields: Any) -> Market:
    """Return a market of equal campaigns, all effects neutral but those given, (variants,) each."""
    neutral = {
        "reference_spend": SPEND, "reference_conversions": CONVERSIONS, "elasticity": 0.5,
        "slope": 1.0, "carryover": 0.0, "level_kept": 1.0, "level_sd": 0.0, "demand_sd": 0.0,
        "dispersion": 0.0, "reference_cpc": 2.0, "inflation": 0.0, "price_sd": 0.0,
        "click_rate": 0.02, "order_value": 100.0, "order_value_sd": 0.0,
    }  # fmt: skip
    rows = {name: np.full(variants, value) for name, value in neutral.items()}
    rows["weekday"] = np.zeros((7, variants))
    return Market(**(rows | {name: np.asarray(value, float) for name, value in fields.items()}))


def quiet(days: int, variants: int, **fields: Any) -> Noise:
    """Return noise that changes nothing, but for the fields given, (days, variants) each."""
    nothing = np.zeros((days, variants))
    return Noise(np.zeros((days, 1)), nothing, None, None, None, None)._replace(**fields)


def flown(
    world: Market, plan: Floats, noise: Noise | None = None, stock: float = SPEND
) -> list[Outcome]:
    """Return the days of a plan, (days,) or (days, campaigns), from a stock on."""
    campaigns = len(world.elasticity)
    spend = np.broadcast_to(np.reshape(plan, (len(plan), -1)), (len(plan), campaigns))
    still = np.full(campaigns, stock)
    build = None if world.build is None else still
    state = MarketState(MONDAY, still, np.zeros(campaigns), build=build)
    return simulate(world, state, spend, noise)[1]


def series(days: list[Outcome], field: str = "expected") -> Floats:
    """Return a field of the outcomes, (days, campaigns)."""
    return np.stack([np.asarray(getattr(day, field)) for day in days])


def panels(count: int, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels side by side."""
    figure = blank(4.2 * count + 0.6, height)
    axes = list(np.atleast_1d(figure.subplots(1, count)).ravel())
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
    return figure, axes


def lines(axes: Axes, x: NDArray[Any], y: Floats, labels: list[str], **style: Any) -> None:
    """Draw the columns of (points, variants) with a legend."""
    for column, label, colour in zip(y.T, labels, COLOURS, strict=False):
        axes.plot(x, column, color=colour, label=label, **style)
    axes.legend(frameon=False, fontsize="small")


def price() -> Figure:
    """Cost per click by spend and by competitors; delivery below plan."""
    figure, (left, middle, right) = panels(3)
    spend = np.linspace(50, 3000, 60)
    etas = [0.05, 0.2, 0.35]
    days = flown(market(3, inflation=etas), spend)
    cpc = series(days, "delivered") / series(days, "clicks")
    lines(left, spend, cpc, [f"eta = {eta}" for eta in etas])
    left.set(xlabel="dollars per day", ylabel="dollars per click", title="Price rises with spend")
    rng = np.random.default_rng(1)
    world = market(2, competition_kept=[0.98, 0.98], competition_sd=[0.03, 0.03])
    entry = np.zeros((90, 2))
    entry[45:, 1] = np.log(1.5)
    path = np.repeat(rng.standard_normal((90, 1)), 2, 1)
    days = flown(world, np.full(90, SPEND), quiet(90, 2, competition=path, competitor_entry=entry))
    cpc = series(days, "delivered") / series(days, "clicks")
    lines(middle, np.arange(90), cpc[:, ::-1], ["a competitor enters on day 45", "none enters"])
    middle.set(xlabel="day", ylabel="dollars per click", title="Competitors move it at equal spend")
    world = market(2, delivery_sd=[0.1, 0.1], delivery_cap=[np.inf, 1500])
    plan = np.linspace(200, 2200, 60)
    draws = np.repeat(rng.standard_normal((60, 1)), 2, 1)
    delivered = series(flown(world, plan, quiet(60, 2, delivery=draws)), "delivered")
    right.plot(plan, plan, color="0.6", lw=1, ls=":")
    lines(right, plan, delivered, ["no cap", "cap of $1,500"], marker=".", lw=0)
    right.set(xlabel="planned dollars", ylabel="delivered dollars", title="Delivery")
    return figure


def carryover() -> Figure:
    """Stock after a day of spend, and the conversions of an on-off schedule."""
    figure, (left, right) = panels(2)
    lives = np.array([0.7, 3.0, 7.0, 3.0])
    world = market(4, carryover=carryover_of(lives), build=[0, 0, 0, carryover_of(2.0)])
    labels = [f"half-life {life:g} days" for life in lives[:3]] + ["3 days, built up over 2"]
    slope = market(4, carryover=world.carryover, build=world.build, elasticity=[0.999] * 4)
    pulse = np.zeros(22)
    pulse[2] = SPEND
    stock = series(flown(slope, pulse, stock=0.0)) / CONVERSIONS
    lines(left, np.arange(22) - 2, stock, labels, marker=".")
    left.set(xlabel="days after the spend", ylabel="share of its effect on that day",
             title="One day of spend acts on later days")  # fmt: skip
    schedule = np.where(np.arange(56) % 14 < 7, 2 * SPEND, 0.0)
    lines(right, np.arange(56), series(flown(world, schedule)), labels)
    right.legend().remove()
    right.set(xlabel="day", ylabel="conversions", title="A week on, a week off")
    return figure


def response() -> Figure:
    """Hill curves through the reference, and their local elasticity."""
    figure, (left, right) = panels(2)
    ratio = np.linspace(0, 4, 200)[:, None]
    e, s = np.array([0.2, 0.5, 0.8, 0.8]), np.array([1.0, 1.0, 1.0, 2.0])
    labels = [f"e = {a:g}, s = {b:g}" for a, b in zip(e, s, strict=True)]
    lines(left, ratio[:, 0], CONVERSIONS * saturation(ratio, e, s), labels)
    left.plot(1, CONVERSIONS, "o", color="0.2")
    left.set(xlabel="stock over reference spend", ylabel="conversions per day",
             title="Saturation; the dot is what the data know")  # fmt: skip
    lines(right, ratio[1:, 0], local_elasticity(ratio[1:], e, s), labels)
    right.set(xlabel="stock over reference spend", ylabel="% conversions per % spend",
              title="Local elasticity")  # fmt: skip
    return figure


def fatigue() -> Figure:
    """Fatigue under constant spend, and the halo of a campaign on another."""
    figure, (left, right) = panels(2)
    world = market(3, fatigue=[0.0, 0.2, 0.5], fatigue_kept=[carryover_of(7.0)] * 3,
                   audience=[500_000] * 3)  # fmt: skip
    days = series(flown(world, np.full(60, SPEND)))
    lines(left, np.arange(60), days, ["phi = 0", "phi = 0.2", "phi = 0.5"])
    left.set(xlabel="day of constant spend", ylabel="conversions", title="Fatigue")
    left.set_ylim(0, 1.2 * CONVERSIONS)
    plan = np.full((90, 2), SPEND)
    plan[30:60, 0] = 4 * SPEND
    kept = [carryover_of(10.0)] * 2
    lifts = []
    for kappa in (0.0, 0.15, 0.3):
        world = market(2, halo=[0, kappa], halo_weight=[1, 0], halo_kept=kept)
        lifts.append(series(flown(world, plan))[:, 1])
    lines(right, np.arange(90), np.stack(lifts, 1), ["kappa = 0", "kappa = 0.15", "kappa = 0.3"])
    right.axvspan(30, 60, color="0.93", zorder=0)
    right.set(xlabel="day", ylabel="conversions of search",
              title="Halo: video at 4 times its spend (grey)")  # fmt: skip
    return figure


def demand() -> Figure:
    """Levels that return, demand that all share, and a drift that stays."""
    figure, axes = panels(3)
    rng, days = np.random.default_rng(4), 180
    kept, sd = 0.5 ** (1 / 20), 0.25
    step = sd * np.sqrt(1 - kept**2)
    own = rng.standard_normal((days, 3))
    world = market(3, level_kept=[kept] * 3, level_sd=[step] * 3)
    shared = world._replace(level_sd=np.full(3, step / 2), demand_sd=np.full(3, step))
    noise = quiet(days, 3, level=own)
    common = noise._replace(demand=rng.standard_normal((days, 1)))
    drifting = market(3, drift_sd=[0.02] * 3)
    drift = quiet(days, 3, drift=rng.standard_normal((days, 3)))
    for each, (title, course) in zip(axes, {
        "Own levels, half-life 20 days": flown(world, np.full(days, SPEND), noise),
        "A demand that all share": flown(shared, np.full(days, SPEND), common),
        "Permanent drift, sd .02 per day": flown(drifting, np.full(days, SPEND), drift),
    }.items(), strict=True):  # fmt: skip
        lines(each, np.arange(days), series(course), ["campaign 1", "campaign 2", "campaign 3"])
        each.set(xlabel="day of constant spend", ylabel="expected conversions", title=title)
    return figure


def calendar() -> Figure:
    """Weekdays, the time of year, and dated events."""
    figure, (left, middle, right) = panels(3)
    profile = np.array([[0.14, 0.16, 0.16, 0.12, 0.08, -0.30, -0.36],
                        [-0.05, -0.05, 0, 0, 0.05, 0.05, 0]]).T  # fmt: skip
    weekly = series(flown(market(2, weekday=profile), np.full(14, SPEND)))
    lines(left, np.arange(14), weekly, ["business", "consumer"], marker=".")
    left.set(xlabel="day, from Monday", ylabel="expected conversions", title="Weekdays")
    left.set_ylim(0, None)
    waves = np.array([[0.25, 0.0, 0.08, 0.0], [0.0, 0.2, 0.0, 0.0]]).T
    yearly = series(flown(market(2, annual=waves), np.full(365, SPEND)))
    lines(middle, np.arange(365), yearly, ["peak in winter", "peak in spring"])
    middle.set(xlabel="day of the year", ylabel="expected conversions", title="Time of year")
    dates = np.zeros((40, 1))
    first = MONDAY % 40
    event = (first + np.arange(14, 21)) % 40
    dates[event, 0] = np.log(1.8) * np.array([0.25, 0.5, 0.75, 1, 1, 1, 1])
    dated = series(flown(market(1, calendar=dates), np.full(40, SPEND)))
    lines(right, np.arange(40), dated, ["a sale with a run-up"], marker=".")
    right.set(xlabel="day", ylabel="expected conversions", title="Dated events")
    right.set_ylim(0, None)
    return figure


def counts() -> Figure:
    """Distribution of a day's count, and how reports of a day arrive."""
    figure, (left, right) = panels(2)
    rng, draws = np.random.default_rng(0), 40_000
    alphas = np.array([0.0, 0.05, 0.4])
    gamma = unit_gamma(alphas, draws, rng)
    drawn = poisson_quantile(20 * gamma, rng.standard_normal((draws, 3)))
    for column, alpha, colour in zip(drawn.T, alphas, COLOURS, strict=False):
        left.hist(column, np.arange(-0.5, 61).tolist(), histtype="step", color=colour, density=True,
                  label=f"alpha = {alpha:g}")  # fmt: skip
    left.legend(frameon=False, fontsize="small")
    left.set(xlabel="conversions counted", ylabel="probability", title="A day that expects 20")
    after = np.arange(0, 31)
    shares, means = [0.8, 0.6, 0.4], [2, 4, 8]
    world = market(3, same_day=shares, landing=1 / np.array(means))
    reported = np.stack([landed_share(world, int(day)) for day in after])
    labels = [f"{a:.0%} on the day, rest {m} days" for a, m in zip(shares, means, strict=True)]
    lines(right, after, 100 * reported, labels, marker=".")
    right.set(xlabel="days after the click", ylabel="% of its conversions reported",
              title="Reports arrive late")  # fmt: skip
    right.set_ylim(0, 105)
    return figure


def shocks() -> Figure:
    """Sudden events: what happens to conversions, and what platforms claim."""
    figure, (left, middle, right) = panels(3)
    days, plan = 40, np.full(40, SPEND)
    none, one = np.zeros((days, 1)), np.ones((days, 1))
    outage, spike, regime, tracking = one.copy(), none.copy(), none.copy(), one.copy()
    outage[12:15], spike[12:15], regime[12:], tracking[12:] = 0, np.log(2), np.log(0.6), 0.5
    slow = market(1, carryover=[carryover_of(1.5)])
    courses = [series(flown(slow, plan, quiet(days, 1, outage=outage))),
               series(flown(slow, plan, quiet(days, 1, spike=spike))),
               series(flown(slow, plan, quiet(days, 1, spike=regime)))]  # fmt: skip
    labels = ["outage of 3 days", "spike of demand, 3 days", "efficiency changes"]
    lines(left, np.arange(days), np.hstack(courses), labels)
    left.set(xlabel="day of constant spend", ylabel="expected conversions", title="Sudden events")
    left.set_ylim(0, 1.5 * 2 * CONVERSIONS)
    counted = quiet(days, 1, gamma=one, count_normal=none, order_value=none, price=none)
    broken = flown(market(1), plan, counted._replace(tracking=tracking))
    both = np.hstack([series(broken), series(broken, "claimed")])
    lines(middle, np.arange(days), both, ["true", "claimed by the platform"])
    middle.set(xlabel="day", ylabel="conversions", title="A tracking break: only claims fall")
    middle.set_ylim(0, 1.5 * CONVERSIONS)
    spend = np.linspace(0, 2500, 50)
    world = market(2, claim_rate=[1.6, 4.0], organic=[60, 60], view_through=[0.1, 0.2],
                   elasticity=[0.5, 0.2])  # fmt: skip
    claimed = flown(world, spend)
    lines(right, spend, series(claimed, "claimed"), ["search claims", "social claims"])
    lines(right, spend, series(claimed), ["search, true", "social, true"], ls="--")
    right.set(xlabel="dollars per day", ylabel="conversions", title="Claims are not conversions")
    right.legend(frameon=False, fontsize="small", ncols=2, loc="upper left")
    right.set_ylim(0, 330)
    return figure


PICTURES: dict[str, Callable[[], Figure]] = {
    "price": price,
    "carryover": carryover,
    "response": response,
    "fatigue": fatigue,
    "demand": demand,
    "calendar": calendar,
    "counts": counts,
    "shocks": shocks,
}


if __name__ == "__main__":
    for name, picture in PICTURES.items():
        (DOCS / f"physics_{name}.png").write_bytes(png_of(picture(), dpi=90))
        print(DOCS / f"physics_{name}.png")
