"""A container mounts a volume that its pod does not have.

The API refuses the object: `spec.template.spec.containers[0].volumeMounts[0].name: Not found`. Schemas do
not tell it: kubernetes-validate --strict, checkov and Trivy passed such a file.

Fix: a volume of that name below `spec.volumes` (in a StatefulSet, or below `volumeClaimTemplates`).

See: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from okamochi.audit.cluster_objects import ClusterObject, is_placeholder, workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for one in workloads(setup):
        names = volume_names(one)
        for container in one.container_nodes:
            for mount in container.get("volumeMounts").items:
                name = mount.get("name")
                if name and name.text not in names and not is_placeholder(name.text):
                    yield Found(
                        path=one.path,
                        line=name.line,
                        message=f"{one.kind} {one.name} has no volume {name.text}: the API refuses it",
                        hint=f"its volumes are {', '.join(names) or 'none'}; add one below spec.volumes",
                    )


def volume_names(one: ClusterObject) -> tuple[str, ...]:
    claims = one.root.get("spec", "volumeClaimTemplates").items
    return (
        *(volume.get("name").text for volume in one.pod.get("volumes").items),
        *(claim.get("metadata", "name").text for claim in claims),
    )
