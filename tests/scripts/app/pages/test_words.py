"""Words of the pages: days in sentences of the commands."""

import pytest

from mediagym.scripts.app.pages.environment import with_days


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("behind since 2024-07-01.", "behind since 1 Jul 2024."),
        ("from 2024-07-01 until 2024-08-02", "from 1 Jul 2024 until 2 Aug 2024"),
        ("Until 2024-02-29: nothing", "Until 29 Feb 2024: nothing"),
        ("since 2024-02-30", "since 2024-02-30"),  # no day
        ("campaign 2024-07-01 rises", "campaign 2024-07-01 rises"),  # a name, not a day
        ("from 2024-07-011", "from 2024-07-011"),
    ],
)
def test_days_are_written_as_people_read_them(text, shown):
    assert with_days(text) == shown
