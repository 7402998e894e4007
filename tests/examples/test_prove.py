"""`okamochi prove` on examples: what okamochi says of a container holds, and nothing of the proof is left."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.lacks import require_namespaces

pytestmark = pytest.mark.network
# the app of flask-minimal has none of these
BESIDE = {"secrets", "data-kept", "migrations-again"}


def proved(program: Program, root: Path, engine: str) -> dict[str, dict[str, str]]:
    """The claims by their names."""
    answer = program("prove", root, "--engine", engine, "--format", "json")
    report = json.loads(answer.stdout)
    claims = {claim["name"]: claim for claim in report["claims"]}
    assert answer.code == 0, [claim for claim in claims.values() if claim["outcome"] == "fails"]
    return claims


def test_every_claim_holds_of_a_small_app(
    private_program: Program, make_example: Callable[[str], Path], engine: str
) -> None:
    if engine == "host":
        require_namespaces()  # without them some claims fail, and are told so
    root = make_example("flask-minimal")
    claims = proved(private_program, root, engine)
    outcomes = {name: claim["outcome"] for name, claim in claims.items()}
    assert {name for name, outcome in outcomes.items() if outcome == "beside"} >= BESIDE
    if engine != "host":
        assert {name for name, outcome in outcomes.items() if outcome == "holds"} == set(outcomes) - BESIDE
        left = subprocess.run(
            (engine, "ps", "--all", "--quiet", "--filter", f"name={root.name}.*-proof"), capture_output=True
        )
        assert left.stdout == b""
    assert private_program.ok("ps").stdout.count("-proof") == 0


@pytest.mark.engine
@pytest.mark.matrix
def test_every_claim_holds_of_a_stack_with_a_database_a_volume_and_secrets(
    private_program: Program, make_example: Callable[[str], Path]
) -> None:
    claims = proved(private_program, make_example("flask-uploads"), "docker")
    assert {claim["outcome"] for claim in claims.values()} == {"holds"}
    assert "/app/uploads" in claims["data-kept"]["seen"]
