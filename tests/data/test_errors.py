from mediagym.data.errors import data_error, with_setting, without_settings


def test_what_a_setting_could_do_is_the_last_part_of_a_message_and_can_be_taken_off() -> None:
    text = "a.csv: WARNING, two rows were summed."
    note = with_setting(text, "data.overlaps=newest takes one")
    assert note == f"{text} Setting: data.overlaps=newest takes one."
    assert without_settings(note) == text
    assert without_settings(text) == text


def test_settings_are_taken_off_every_line_of_several_problems() -> None:
    lines = [with_setting(f"{k}. row {k} is odd.", "data.weekly=spread") for k in (1, 2)]
    assert without_settings("\n".join(lines)) == "1. row 1 is odd.\n2. row 2 is odd."


def test_an_error_keeps_its_setting_apart_from_the_fix_of_the_file() -> None:
    error = data_error("a.csv", "x", "y", "export again", setting="data.weekly=spread")
    assert str(error).endswith("To fix: export again. Setting: data.weekly=spread.")
    assert (error.details["fix"], error.details["setting"]) == (
        "export again",
        "data.weekly=spread",
    )
    assert data_error("a.csv", "x", "y", "export again").details["setting"] is None
