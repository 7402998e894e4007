"""Packages with native parts in the root of an image: all that they need, and nothing else."""

from pathlib import Path

import pytest

from okamochi.oci.native import native_platforms
from tests.native.cases import Case, cases
from tests.native.matrix import real_world, tried

# One of each kind: opened by find_library, by a wheel that brings it or not, a program.
IN_THE_FAST_TIER = frozenset({"python-magic", "psycopg", "psycopg[binary]", "pdf2image"})

pytestmark = [
    pytest.mark.network,
    pytest.mark.namespaces,
    pytest.mark.slow,
    pytest.mark.skipif(not native_platforms(), reason="what is called must run here"),
]


def marked(case: Case) -> object:
    marks = () if case.name in IN_THE_FAST_TIER else (pytest.mark.matrix,)
    return pytest.param(case, marks=marks, id=case.name)


@pytest.mark.parametrize("case", [marked(case) for case in cases()])
def test_a_package_works_with_what_is_found_for_it_and_not_with_less(
    case: Case, tmp_path: Path, okamochi_cache: Path
) -> None:
    outcome = tried(case, real_world(okamochi_cache), tmp_path)
    assert outcome.works, outcome.problem
    assert (outcome.added, outcome.superfluous) == (case.added, [])
