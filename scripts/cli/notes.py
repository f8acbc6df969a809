"""Notes in few lines: those of one kind as one of them, with how many more there are."""

import re
from collections.abc import Sequence

MOST_LINES = 8  # of notes that a command prints
_NAMED = 3  # subjects that a line names beside its own
_WORDS = 5  # words that tell a kind of note
_WARNING = "WARNING"
_SUBJECT = re.compile(r"(?:WARNING: )?(?P<subject>(?:(?!: ).)+): (?:column (?:(?!: ).)+: )?")
_VALUE = re.compile(r"['\"].*?['\"]|\S*\d\S*")  # quoted texts, numbers, dates, amounts


def brief_notes(notes: Sequence[str], full: str, most: int = MOST_LINES) -> list[str]:
    """Return notes as at most ``most`` lines, those with WARNING first.

    Few notes stay as they are. Of many, those that say the same of several campaigns, files or
    columns become the first of them and the names of others; the last line says how many notes
    there are, and where.

    Args:
        notes: sentences, most of which begin with their subject and a colon.
        full: file that holds all of them.
        most: lines, at least 2.
    """
    notes = list(dict.fromkeys(notes))
    if len(notes) <= most:
        return notes
    kinds: dict[tuple[bool, str], list[str]] = {}
    for note in notes:
        kinds.setdefault((_WARNING not in note, _kind(note)), []).append(note)
    groups = [kinds[key] for key in sorted(kinds, key=lambda key: key[0])]
    lines = list(map(_line, groups[: most - 1]))
    left = sum(map(len, groups[most - 1 :]))
    more = f"{left} more {'note' if left == 1 else 'notes'}: all" if left else "All"
    return [*lines, f"{more} {len(notes)} are in {full}"]


def _kind(note: str) -> str:
    """Return the first words after the subject, without their values."""
    text = _SUBJECT.sub("", note, count=1)
    return " ".join(_VALUE.sub("#", text).split()[:_WORDS])


def _line(group: Sequence[str]) -> str:
    """Return the first note of a kind, with the names of what the others are about."""
    first, *others = group
    if not others:
        return first
    own = _subject(first)
    subjects = [name for name in dict.fromkeys(map(_subject, others)) if name and name != own]
    named, left = subjects[:_NAMED], max(len(subjects) - _NAMED, 0)
    names = ", ".join(named) + (f" and {left} more" if left else "")
    return f"{first} ({len(others)} more like it{f': {names}' if names else ''})"


def _subject(note: str) -> str | None:
    match = _SUBJECT.match(note)
    return match["subject"] if match else None
