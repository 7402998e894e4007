"""Files that nobody meant: whatever the text, an audit ends, and says what it can."""

import random
import time

import pytest

from okamochi.audit.audit import audit
from okamochi.audit.reading import read_setup
from okamochi.audit.rule import edited
from okamochi.audit.rules import RULES
from okamochi.audit.sarif import sarif
from okamochi.system.project_files import MemoryProject
from tests.audit.cases import TODAY, all_cases

PIECES = (
    *("$", "${", "${A:-", "\n", "\\\n", "\t", "'", '"', "[", "]", "{", "}", ":", "- ", "&a ", "*a", "<<: *a"),
    *(
        "!!int x",
        "null",
        "~",
        "-1",
        "9" * 20,
        "9" * 5_000,
        "²",
        "[" * 2_000,
        "1e400",
        "\0",
        "é",
        "岡持ち",
        "#",
        "CMD",
        "FROM ",
        " AS ",
        "--",
        "=",
    ),
    *(
        "RUN <<EOF",
        "|",
        "> ",
        "/",
        "..",
        "sh -c",
        "%s",
        "$$",
        "\x1b",
        "# okamochi: waive x/y until 2026-13-45",
    ),
)
RUNS = 40


def mutated(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.randint(0, 30))
        match chance.randrange(4):
            case 0:
                text = text[:start] + chance.choice(PIECES) + text[start:]
            case 1:
                text = text[:start] + text[end:]
            case 2:
                text = text[:start] + text[start:end] * 3 + text[end:]
            case _:
                lines = text.split("\n")
                chance.shuffle(lines)
                text = "\n".join(lines)
    return text


@pytest.mark.parametrize("seed", range(10))
def test_an_audit_of_mutated_files_ends_with_a_report(seed: int) -> None:
    chance = random.Random(seed)
    cases = all_cases()
    for _ in range(RUNS):
        files = {**chance.choice(cases).files, **chance.choice(cases).files}
        files = {
            path: mutated(text, chance) if chance.random() < 0.7 else text for path, text in files.items()
        }
        report = audit(read_setup(MemoryProject(files), None, TODAY), RULES)
        sarif(report, RULES, "0")
        edits = [edit for one in report.findings for edit in one.found.edits]
        for path in {edit.path for edit in edits}:
            edited(files[path], [edit for edit in edits if edit.path == path])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "FROM python:3.13\nRUN " + "a && " * 20_000 + "b\nCMD gunicorn app:app"),
        ("Dockerfile", "FROM python:3.13\n" + "ENV A=$A$A\n" * 2_000),
        ("Dockerfile", "FROM python:3.13\nCMD " + "${" * 20_000),
        (
            "compose.yaml",
            "services:\n" + "".join(f"  s{n}: {{image: 'postgres:16'}}\n" for n in range(300)),
        ),
        ("compose.yaml", "services:\n  web:\n    command: " + "a" * 100_000),
        ("compose.yaml", "services: {a: &a {b: [" + "*a," * 3 + "]}}"),
        ("deploy.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: " + "[" * 5_000),
        (".env", "A=" + "$" * 100_000),
        ("compose.yaml", f"services: {{web: {{build: ., ports: ['{'9' * 6_000}:8000']}}}}"),
        ("compose.yaml", f"services: {{db: {{image: 'postgres:{'9' * 6_000}', ports: ['²:5432']}}}}"),
        ("Dockerfile", f"FROM python:3.13\nEXPOSE {'9' * 6_000} ²\nCMD {'[' * 60_000}\n"),
    ],
)
def test_what_is_made_to_cost_time_does_not(path: str, text: str) -> None:
    began = time.process_time()
    files = {path: text, "app.py": "from flask import Flask\napp = Flask(__name__)\n"}
    audit(read_setup(MemoryProject(files), None, TODAY), RULES)
    assert time.process_time() - began < 20
