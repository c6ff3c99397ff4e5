from __future__ import annotations

from pathlib import Path

import pytest

from config import env


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SAMPLE", "SAMPLE_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_value_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE", "given")
    assert env.text("SAMPLE", "default") == "given"


def test_a_value_comes_from_a_file_without_its_last_line_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.setenv("SAMPLE_FILE", str(tmp_path / "secret"))
    assert env.text("SAMPLE", "default") == "from a file"


def test_the_value_itself_wins_over_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file")
    monkeypatch.setenv("SAMPLE_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("SAMPLE", "given")
    assert env.text("SAMPLE") == "given"


def test_a_missing_file_is_an_error_and_no_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMPLE_FILE", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError):
        env.text("SAMPLE", "default")


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_flag_is_its_default(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SAMPLE", value)
    assert env.flag("SAMPLE") is False
    assert env.flag("SAMPLE", default=True) is True


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("Yes", True), ("ON", True), ("true", True), ("0", False), ("off", False), ("No", False)],
)
def test_flags_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("SAMPLE", value)
    assert env.flag("SAMPLE", default=not expected) is expected


@pytest.mark.parametrize("value", ["2", "maybe", "ture", "-"])
def test_a_word_that_is_neither_yes_nor_no_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SAMPLE", value)
    with pytest.raises(ValueError, match="SAMPLE must be true or false"):
        env.flag("SAMPLE")


def test_numbers_and_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.number("SAMPLE", 7) == 7
    assert env.words("SAMPLE", "a, b,,c ") == ["a", "b", "c"]
    monkeypatch.setenv("SAMPLE", "12")
    assert env.number("SAMPLE", 7) == 12
    monkeypatch.setenv("SAMPLE", "many")
    with pytest.raises(ValueError):
        env.number("SAMPLE", 7)


def test_an_empty_value_leaves_the_say_to_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file")
    monkeypatch.setenv("SAMPLE", "")
    monkeypatch.setenv("SAMPLE_FILE", str(tmp_path / "secret"))
    assert env.text("SAMPLE", "default") == "from a file"
