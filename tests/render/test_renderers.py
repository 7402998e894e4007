"""The list of targets."""

import pytest

from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language, Renderer
from tests.detect.plans import FLASK_APP, planned


def test_no_two_targets_have_one_name() -> None:
    assert len({one.target for one in RENDERERS}) == len(RENDERERS)


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda one: one.target)
def test_every_target_gives_the_same_bytes_for_the_same_plan(renderer: Renderer) -> None:
    plan = planned({"app.py": FLASK_APP})
    for language in Language:
        first = renderer.render(plan, language)
        assert first == renderer.render(plan, language)
        assert [one.path for one in first.files] == sorted(one.path for one in first.files)
        assert all(one.content.endswith(b"\n") for one in first.files)
