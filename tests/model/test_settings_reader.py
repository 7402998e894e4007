"""Reading [tool.okamochi] and okamochi.toml."""

import pytest

from okamochi.errors import UsageError
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import MemoryProject


def test_settings_of_pyproject_come_with_their_lines() -> None:
    text = '[build]\nx = 1\n\n[tool.okamochi]\nname = "shop"\nport = 9000\n\n[tool.okamochi.env]\nA = "1"\n'
    table = read_settings(MemoryProject({"pyproject.toml": text}))
    assert (table.settings.name, table.settings.port, table.settings.env) == ("shop", 9000, {"A": "1"})
    assert dict(table.lines) == {"name": 5, "port": 6, "env": 8}
    assert table.path == "pyproject.toml"


def test_okamochi_toml_holds_the_keys_at_its_top() -> None:
    table = read_settings(MemoryProject({"okamochi.toml": 'health-host = "a.example"\n'}))
    assert table.settings.health_host == "a.example"
    assert dict(table.lines) == {"health-host": 1}


def test_a_table_of_pyproject_in_okamochi_toml_is_told_as_such() -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(MemoryProject({"okamochi.toml": "[tool.okamochi]\nport = 8000\n"}))
    assert 'take the line "[tool.okamochi]" away' in caught.value.hint


def test_no_settings_are_an_empty_table() -> None:
    assert read_settings(MemoryProject({"pyproject.toml": '[project]\nname = "okamochi-fan"\n'})).path == ""


def test_both_places_at_once_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(MemoryProject({"pyproject.toml": "[tool.okamochi]\n", "okamochi.toml": ""}))
    assert "two places" in caught.value.message


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ('entry-point = "a:b"', "entry-point is not a setting", "entrypoint"),
        ('health_host = "a"', "health_host is not a setting", "health-host"),
        ('port = "80"', "port", "port that the server listens on"),
        ("port = 70000", "port", "port that"),
        ("cpus = 0", "cpus", "CPU limit"),
        ("services = true", "services = true says nothing", "take the line away"),
        ('packages = "libpango"', "packages", "Debian packages"),
    ],
)
def test_a_wrong_setting_is_told_with_its_line(line: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(MemoryProject({"pyproject.toml": f"[tool.okamochi]\nname = 'x'\n{line}\n"}))
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.where == "pyproject.toml:3"


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ('port = "80"', "the setting port wants a whole number, and has text in quotes", "write port = 80; "),
        (
            "python = 3.13",
            "the setting python wants text in quotes, and has a number",
            'write python = "3.13"; ',
        ),
        (
            'packages = "git"',
            "the setting packages wants a list, and has text in quotes",
            'write packages = ["git"]; ',
        ),
        (
            "exclude-newer = 2024-05-01",
            "and has a date without quotes",
            'write exclude-newer = "2024-05-01"; ',
        ),
        ('port = "x"', "the setting port wants a whole number, and has text in quotes", "port is: "),
        (
            "env = { A = 1 }",
            "an entry of the setting env wants text in quotes, and has a whole number",
            "env is: ",
        ),
        ("port = 70000", "the setting port wants a whole number of at most 65535", "port is: "),
        ("cpus = 0", "the setting cpus wants a number above 0", "cpus is: "),
        (
            'keep-pins = "x"',
            "the setting keep-pins wants true or false, and has text in quotes",
            "keep-pins is: ",
        ),
        (
            'services = { db = { imag = "x" } }',
            "an entry of the setting services knows no imag",
            "services is: ",
        ),
    ],
)
def test_a_wrong_value_is_told_in_words_and_how_it_is_written(line: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(MemoryProject({"okamochi.toml": line}))
    assert message in caught.value.message
    assert caught.value.hint.startswith(hint)


def test_what_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(MemoryProject({"okamochi.toml": "a = 1\nb = [\n"}))
    assert caught.value.where.startswith("okamochi.toml")
