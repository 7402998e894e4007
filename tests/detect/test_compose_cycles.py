"""A compose file of the project's own whose services wait for each other."""

import pytest

from okamochi.detect.files.compose_cycles import compose_cycles
from okamochi.system.project_files import MemoryProject

CIRCLE = """\
services:
  web:
    build: .
    depends_on: [api]
  api:
    image: api
    depends_on:
      db: {condition: service_started}
  db:
    image: postgres:17
    depends_on: [api]
"""


def test_the_whole_way_round_is_told_with_its_place() -> None:
    (found,) = compose_cycles(MemoryProject({"compose.yaml": CIRCLE}))
    assert "api -> db -> api" in found.message
    assert (found.evidence[0].path, found.evidence[0].line) == ("compose.yaml", 5)


@pytest.mark.parametrize(
    "services",
    [
        "{a: {depends_on: [c]}, b: {depends_on: [c]}, c: {depends_on: [d]}, d: {}}",
        "{a: {depends_on: [gone]}, b: {depends_on: 3}}",
        "[]",
    ],
)
def test_what_only_meets_again_is_no_circle(services: str) -> None:
    assert list(compose_cycles(MemoryProject({"compose.yaml": f"services: {services}\n"}))) == []


def test_a_service_that_waits_for_itself_is_one() -> None:
    (found,) = compose_cycles(MemoryProject({"compose.yaml": "services: {a: {depends_on: [a]}}\n"}))
    assert "a -> a" in found.message
