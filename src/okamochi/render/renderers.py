"""Every target that can be rendered; a new one is a line here."""

from okamochi.render.compose import ComposeRenderer
from okamochi.render.devcontainer import DevcontainerRenderer
from okamochi.render.dockerfile import DockerfileRenderer
from okamochi.render.ecs import EcsRenderer
from okamochi.render.env_sample import EnvSampleRenderer
from okamochi.render.kubernetes import KubernetesRenderer
from okamochi.render.pipelines import PIPELINES
from okamochi.render.rendering import Renderer
from okamochi.render.swarm import SwarmRenderer

__all__ = ["RENDERERS"]

RENDERERS: tuple[Renderer, ...] = (
    DockerfileRenderer(),
    ComposeRenderer(),
    EnvSampleRenderer(),
    DevcontainerRenderer(),
    KubernetesRenderer(),
    SwarmRenderer(),
    EcsRenderer(),
    *PIPELINES,
)
