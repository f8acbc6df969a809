"""What happened: ad exports and site landings, read, validated, attributed and forecast.

The line of sub-packages, each of which may import those before it: `exports` (the platforms'
files), `forecasting` (what a given spend brings), `journeys` (visits that led to a conversion),
`diagnosis` (what changed), `attribution` (who earns the credit), `insights` (what the marketer is
told). Under them all stand `errors`, `types`, `settings`, `storage`, `plotting` and `history`.
"""
