"""Words of the form of a plan: who plans, what for, and the columns of its bounds."""

AGENTS = {  # who may plan, each in a sentence
    "static": "The best plan by what is known before the flight; it is re-planned when you ask.",
    "follow": "Decides every day: the best split by what the reports have taught so far.",
    "replanner": "Plans every day anew, under every rule, from what the reports have taught.",
    "universal": "A network trained on random advertisers, which moves money as reports come in.",
    "ensemble": "The mean of the last two: of planning anew every day, and of the network.",
    "proportional": "Moves money every day to where reports are better than expected.",
    "greedy": "Gives the next unit of money to where it is expected to bring most.",
    "historical": "Shares as in the history: what going on as before would bring.",
    "uniform": "The same amount for every campaign, as a floor for comparisons.",
}
OBJECTIVES = {
    "conversions": "Conversions",
    "revenue": "Revenue",
    "profit": "Gross profit",
    "journeys": "Journeys’ conversions",
}
LABELS = {  # words for the columns
    "floor": "At least",
    "cap": "At most",
    "fixed": "Exactly",
    "daily_floor": "Least per day",
    "daily_cap": "Most per day",
    "ramp_up": "Up per day",
    "ramp_down": "Down per day",
    "cpa": "CPA at most",
    "roas": "ROAS at least",
}
