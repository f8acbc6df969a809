"""Ad exports and site landings: reading, validation, forecasting, attribution and diagnosis.

Sub-packages in order, each of which may import those before it: `sheets` (cells of any file),
`formats` (what the platforms' headings mean), `parsing` (numbers and dates of a column), `calendar`
(events that move demand), `exports` (the platforms' files), `units` (what receives a budget),
`recommendations` (what to do about it), `ingestion` (what was found, for the user), `forecasting`
(what a given spend brings), `journeys` (visits that led to a conversion), `diagnosis` (what
changed), `attribution` (who earns the credit), `insights` (the report for the marketer). All of
them build on `errors`, `types`, `settings`, `storage`, `plotting`, `names`, `history`.
"""
