"""Commands: one thin file each.

They stand over `cli` (what they share), `fuzzing.durability`, `fuzzing.flights`,
`fuzzing.mutation`, `fuzzing.settings_cases`, `fuzzing`, `benchmarks`, `research` and `supply`.
"""
