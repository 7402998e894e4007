"""Environment files, read as Compose reads them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from okamochi.errors import UsageError
from okamochi.model.env_file import parse_env_file

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEv+/=\n# no comment\n-----END PRIVATE KEY-----\n"
ALIKE = rf"""# what Compose and okamochi read alike
A=plain
B = spaced value  # comment
C=#fff
E="x\ny\t\"q\" \\ \d"
F='lit \n it\'s # no'
export G="multi
line # not comment
end" # comment

H: yaml style
I=a#b
J='{PEM}'
K=
L="a" # b
M=''
O="\a\v\f\b\0101"
P=it's
Q="${{A}}-${{B}}"
R=${{A}}/x
S='${{A}}'
T=a\nb
U=${{K:-none}}-${{K-some}}-${{NOBODY:-other}}
V="  kept  "
W="" # nothing
"""


def values(text: str) -> dict[str, str]:
    return dict(parse_env_file(text, where=".env").values)


@pytest.mark.skipif(shutil.which("docker") is None, reason="asks docker compose")
def test_it_reads_what_compose_reads(tmp_path: Path) -> None:
    (tmp_path / "f.env").write_text(ALIKE)
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x, env_file: [f.env]}}\n")
    argv = ("docker", "compose", "config", "--format", "json")
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["services"]["a"]["environment"]
    # in what it prints a dollar sign is doubled
    assert values(ALIKE) == {name: value.replace("$$", "$") for name, value in found.items()}


def test_a_key_over_several_lines_is_one_value() -> None:
    for quote in "\"'":
        assert values(f"BEFORE=1\nKEY={quote}{PEM}{quote}\nAFTER=2\n") == {
            "BEFORE": "1",
            "KEY": PEM,
            "AFTER": "2",
        }
    assert values(f'KEY="{PEM}"\n'.replace("\n", "\r\n")) == {"KEY": PEM}


def test_lines_are_counted_over_values_of_several_lines() -> None:
    parsed = parse_env_file('A="x\ny\nz"\n\nB=1\nA=2\n', where=".env")
    assert parsed.lines == (("A", 6), ("B", 5))
    assert parsed.repeated == (("A", 1, 6),)


def test_signs_of_passwords_stay() -> None:
    text = 'A=pa$word$$x\nB="p$A"\nC=\'${A}\'\nD="\\${A}"\n'
    assert values(text) == {"A": "pa$word$$x", "B": "p$A", "C": "${A}", "D": "${A}"}


def test_what_only_the_shell_could_give_is_told_and_passed_as_it_stands() -> None:
    parsed = parse_env_file("A=1\nURL=x://${USER}@${A}\n", where=".env")
    assert dict(parsed.values)["URL"] == "x://${USER}@1"
    assert parsed.warnings == (".env:2: ${USER} in URL is passed as it stands",)


def test_a_comment_after_nothing_is_no_value() -> None:
    assert values("A= # later\nB=\t# later\nC=tab\t# later\n") == {"A": "", "B": "", "C": "tab"}


def test_a_name_alone_is_skipped_and_told() -> None:
    parsed = parse_env_file("HOME\nexport A=1", where=".env")
    assert parsed.values == (("A", "1"),)
    assert parsed.warnings == (".env:1: HOME has no value and is skipped",)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("A=1\nB C=2\n", 2, "not NAME=value"),
        ("A=1\n=2\n", 2, "not NAME=value"),
        ('A=1\n\nB="x\ny\n', 3, "a quote is not closed"),
        ("A='x' y\n", 1, "something follows the closing quote"),
        ('A="x\ny"z\n', 1, "something follows the closing quote"),
        ("1A=2\n", 1, "not NAME=value"),
        ("A=1\nB=x\0y\n", 2, "the value of B holds a NUL character"),
        ('A="x\\000"\n', 1, "the value of A holds a NUL character"),
    ],
)
def test_what_it_does_not_read_is_told_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        parse_env_file(text, where=".env")
    assert raised.value.where == f".env:{line}"
