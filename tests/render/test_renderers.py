"""The list of targets."""

import pytest
from msgspec.structs import replace

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


@pytest.mark.parametrize(
    ("target", "said"),
    [("compose", "/tmp:size=200m,"), ("swarm", "209715200"), ("kubernetes", "200Mi"), ("ecs", '"size": 200')],
)
def test_every_target_gives_tmp_the_size_of_the_plan(target: str, said: str) -> None:
    (renderer,) = (one for one in RENDERERS if one.target == target)
    for size, is_there in ((200 * 2**20, True), (100 * 2**20, False)):
        plan = replace(planned({"app.py": FLASK_APP}), tmp_bytes=size)
        text = b"".join(one.content for one in renderer.render(plan, Language.ENGLISH).files).decode()
        assert (said in text) == is_there
