"""What would happen: markets, their calibration, the constraints and the Gymnasium environment.

The line of sub-packages, each of which may import those before it: `arrays` (one code for numpy,
torch and numba), `market` (what a day of spend brings), `projection` (the nearest allowed point),
`constraints` (what may be spent), `calibration.sampling` (many posteriors at once),
`calibration.filtering` (the likelihood of a history), `calibration.demand` (how demand moves),
`calibration` (plausible markets) with `calibration.report`, `flight` (how a flight runs and what is
known in it), `synthetic` (advertisers whose truth is known), `planning` (the best plan for known
markets), `environment` (Gymnasium), `suite` (the benchmark tasks).
"""
