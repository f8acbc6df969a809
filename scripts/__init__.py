"""Commands: one thin file each.

They stand over `cli` (what they share), the application (`app.storage`, `app.security`, `app.jobs`,
`app.api`, `app.pages` and `app`), `fuzzing.durability`, `fuzzing.flights`,
`fuzzing.settings_cases`, `fuzzing.requests`, `fuzzing`, `benchmarks`, `research` and `supply`.
"""
