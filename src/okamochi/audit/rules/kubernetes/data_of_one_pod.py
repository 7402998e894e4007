"""Several pods, and each has a database or uploads of its own.

SQLite, and files in `emptyDir` or in the container itself, belong to one pod. With more than one, a request
sees another state than the one before, and what a pod holds is gone when it ends: with each rollout.

Fix: a database server and an object store, or one pod with a claim (`replicas: 1`, `Recreate`).

Okamochi: one pod where a volume or the server's memory allows no second one, and rendering says so.

See: https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
"""

from collections.abc import Iterator

from okamochi.audit.cluster_objects import ClusterObject, containers_of, most_replicas, workloads
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.model.plan import APP_ROOT

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for one in workloads(setup, "Deployment"):
        replicas, line = most_replicas(one, setup)
        for container in containers_of(one, setup) if replicas > 1 else ():
            sqlite = next((v for v in container.environment if is_sqlite(v.value or "", container)), None)
            folder = forgotten_folder(one, container, setup)
            if sqlite is not None and sqlite.path == one.path:
                yield Found(
                    path=one.path,
                    line=sqlite.line,
                    message=f"each of {replicas} pods has a SQLite database of its own",
                    hint="a database server, or replicas: 1 with a PersistentVolumeClaim",
                )
            elif folder:
                yield Found(
                    path=one.path,
                    line=line,
                    message=f"the app keeps files in {folder}, and each of {replicas} pods has its own "
                    "emptyDir there: what one stores the others do not see, and a rollout loses it",
                    hint="an object store, or a claim with ReadWriteMany",
                )


def is_sqlite(value: str, container: Container) -> bool:
    """A file that no claim holds."""
    if not value.startswith(("sqlite:", "sqlite+")) or ":memory:" in value:
        return False
    mounted = {mount.get("mountPath").text for mount in claims(container)}
    return not any(path and path.strip("/") in value for path in mounted)


def claims(container: Container) -> Iterator[Node]:
    held = {
        one.get("name").text for one in container.pod.get("volumes").items if one.get("persistentVolumeClaim")
    }
    for mount in container.node.get("volumeMounts").items:
        if mount.get("name").text in held:
            yield mount


def forgotten_folder(one: ClusterObject, container: Container, setup: Setup) -> str:
    """A folder that the plan says outlives containers, and that is an emptyDir."""
    if setup.plan is None or not container.own:
        return ""
    empty = {v.get("name").text for v in one.pod.get("volumes").items if v.get("emptyDir").kind == "mapping"}
    kept = {volume.path.removeprefix(APP_ROOT) for volume in setup.plan.volumes}
    for mount in container.node.get("volumeMounts").items:
        path = mount.get("mountPath").text
        if mount.get("name").text in empty and any(path.endswith(folder) for folder in kept if folder):
            return path
    return ""
