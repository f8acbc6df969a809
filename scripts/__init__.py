"""Commands: one thin file each.

They stand over `cli` (what they share), the application (`app.storage`, `app.security`, `app.jobs`,
`app.api`, `app.planning`, `app.pages`, `app.pages.planning` and `app`), `fuzzing.durability`,
`fuzzing.flights`, `fuzzing.mutation`, `fuzzing.settings_cases`, `fuzzing.requests`, `fuzzing`,
`fuzzing.landings` (the same for the log of landings),
`benchmarks`, `research` and `supply`.
"""
