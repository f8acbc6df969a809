from collections.abc import Callable
from pathlib import Path

import pytest

from mediagym.data.errors import ConfigError, DataError
from mediagym.data.exports import DataSettings
from mediagym.data.units import load_history

Make = Callable[..., DataSettings]


def test_a_malformed_export_is_refused_in_one_readable_paragraph(
    malformed, export_folder: Path, data_settings: Make
) -> None:
    load_history(data_settings(export_folder))  # valid before the mutation
    malformed.mutate(export_folder)
    with pytest.raises((DataError, ConfigError)) as caught:
        load_history(data_settings(export_folder))
    message = str(caught.value)
    for fragment in malformed.fragments:
        assert fragment in message
    assert "\n" not in message
    assert message.isprintable()
    assert "Allowed: " in message
    assert "To fix: " in message
    assert 60 < len(message) < 900
