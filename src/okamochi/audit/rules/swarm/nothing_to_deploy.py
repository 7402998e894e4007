"""A service of a stack has no image.

`docker stack deploy` builds nothing: `invalid image reference for service web: no image specified`, and the
whole stack is refused.

Fix: build and push the image before, and name it: `image: registry.example.com/me/shop:1.4.0`.

See: https://docs.docker.com/engine/swarm/stack-deploy/
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    """An override of another file has no image either: only where `build` shows that nothing else has it."""
    for document, container in stack_services(setup):
        build = container.node.key("build")
        if build and not container.node.get("image"):
            yield Found(
                path=document.path,
                line=build.line,
                message=f"docker stack deploy builds nothing, and {container.name} has no image: the stack "
                "is refused",
                hint="image: registry.example.com/me/app:1.0, built and pushed before",
            )
