"""Ad exports and site landings: reading, validation, forecasting, attribution and diagnosis.

Sub-packages in order, each of which may import those before it: `exports` (the platforms'
files), `forecasting` (what a given spend brings), `journeys` (visits that led to a conversion),
`diagnosis` (what changed), `attribution` (who earns the credit), `insights` (the report for the
marketer). All of them build on `errors`, `types`, `settings`, `storage`, `plotting`, `history`.
"""
