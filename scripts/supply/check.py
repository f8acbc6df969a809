"""Check pins, lock, licences and advisories of the installed environment; 1 on a violation."""

from collections.abc import Sequence

from mediagym.scripts.supply import (
    CONSTRAINTS,
    LOCK,
    Advisories,
    audit,
    installed,
    read_arguments,
    read_pins,
    read_policy,
    read_project,
    review,
    run_command,
)

_OPTIONS = {"advisories": ("auto", "required", "off")}


def main(words: Sequence[str]) -> int:
    """Print notes and violations.

    `advisories=auto`, the default, says what could not be checked; `required` makes that a
    violation; `off` does not ask.
    """
    mode = read_arguments(words, _OPTIONS).get("advisories", "auto")
    policy, lock = read_policy(), read_pins(LOCK)
    result = review(read_pins(CONSTRAINTS), lock, read_project(), installed(), policy)
    answer = Advisories((), "advisories=off") if mode == "off" else audit(LOCK, lock)
    violations = [*result.violations, *answer.vulnerable]
    if mode == "required" and answer.gap:
        violations.append(
            f"advisories: {answer.gap}. Allowed: an answer about every package. To fix: install "
            "pip-audit and run it where it can reach its service."
        )
    for name, exception in sorted(policy.exceptions.items()):
        print(f"exception  {name}: {exception.licence}, {exception.scope}: {exception.reason}")
    for note in result.notes:
        print(f"note       {note}")
    for violation in violations:
        print(f"VIOLATION  {violation}")
    print(f"\nchecked    {len(result.checked)} dependencies: versions, lock, licences")
    state = f"NOT CHECKED: {answer.gap}" if answer.gap else f"checked, {len(lock)} packages"
    print(f"advisories {state}; {len(answer.vulnerable)} known vulnerabilities found")
    print(f"violations {len(violations)}")
    return 1 if violations else 0


if __name__ == "__main__":
    run_command(main)
