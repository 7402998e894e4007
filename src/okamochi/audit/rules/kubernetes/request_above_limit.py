"""A container asks for more than it may have.

The API refuses it: `Invalid value: "1Gi": must be less than or equal to memory limit of 512Mi`. No schema can
tell it; kubernetes-validate --strict, checkov and Trivy passed such a file.

Fix: a request at most as large as the limit. For memory the same, so that the container is not the first to
be evicted.

See: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from okamochi.audit.cluster_objects import workloads
from okamochi.audit.quantities import amount
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for one in workloads(setup):
        for container in one.container_nodes:
            limits = container.get("resources", "limits")
            for key, node in container.get("resources", "requests").pairs:
                request, limit = amount(node.text), amount(limits.get(key.text).text)
                if request is not None and limit is not None and request > limit:
                    yield Found(
                        path=one.path,
                        line=node.line,
                        message=f"{container.get('name').text} asks for {node.text} of {key.text} and may "
                        f"have {limits.get(key.text).text}: the API refuses it",
                        hint=f"a request of at most {limits.get(key.text).text}",
                    )
