"""A stack names an image that only the machine which built it has.

Swarm starts tasks on any node, and each node pulls the image by its name: `invoice-app:latest` is
`docker.io/library/invoice-app`, which is not there: "No such image". On a swarm of one node it works by luck.

Fix: a registry that all nodes reach, `registry.example.com/me/invoice-app:1.4.0`, and `docker stack deploy
--with-registry-auth`.

Okamochi: the stack asks for the name that `okamochi push` prints.

See: https://docs.docker.com/engine/swarm/stack-deploy/
"""

from okamochi.audit.cluster_objects import is_placeholder
from okamochi.audit.compose_containers import is_backing_image
from okamochi.audit.own_images import known_names
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services
from okamochi.oci.reference import bare_name

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for document, container in stack_services(setup):
        image = container.node.get("image")
        text = image.text
        if not text or "/" in text or is_backing_image(text) or is_placeholder(text):
            continue
        if container.node.get("build") or bare_name(text) in known_names(setup) or container.own:
            yield Found(
                path=document.path,
                line=image.line,
                message=f"{text} is on the machine that built it, and no other node can pull it",
                hint=f"image: registry.example.com/me/{bare_name(text)}:1.0",
            )
