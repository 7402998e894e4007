"""A service of a stack has no image.

`docker stack deploy` builds nothing: `invalid image reference for service web: no image specified`, and the
whole stack is refused.

Fix: build and push the image before, and name it: `image: registry.example.com/me/shop:1.4.0`.

See: https://docs.docker.com/engine/swarm/stack-deploy/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.audit.stacks import stack_services
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    """An override of another file has no image either: only where `build` shows that nothing else has it."""
    for document, container in stack_services(setup):
        build = container.node.key("build")
        if build and not container.node.get("image"):
            yield Found(
                path=document.path,
                line=build.line,
                message=f"docker stack deploy builds nothing, and {container.name} has no image: the "
                "stack is "
                "refused",
                hint="image: registry.example.com/me/app:1.0, built and pushed before",
            )


RULE = Rule("swarm/nothing-to-deploy", Severity.ERROR, look, __doc__ or "")
