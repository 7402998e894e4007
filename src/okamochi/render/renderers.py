"""Every target that can be rendered; a new one is a line here."""

from okamochi.render.compose import ComposeRenderer
from okamochi.render.env_sample import EnvSampleRenderer
from okamochi.render.rendering import Renderer

__all__ = ["RENDERERS"]

RENDERERS: tuple[Renderer, ...] = (ComposeRenderer(), EnvSampleRenderer())
