"""The root file system is read-only, and a folder that the app writes has no volume.

gunicorn ends at once without a writable /tmp (`No usable temporary directory found`; measured): it keeps
a file there by which it sees that its workers live. Frameworks put uploads of some size there as well.
Folders between the code that the app writes fail later, with the first upload.

Fix: `emptyDir` with `medium: Memory` and a `sizeLimit` for /tmp; a claim for what has to stay.

Okamochi: an emptyDir in memory for /tmp and what else the app writes for a while, a claim for what stays.

See: https://docs.gunicorn.org/en/stable/settings.html#worker-tmp-dir
"""

from okamochi.audit.cluster_objects import containers_of, workloads
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.written_folders import is_below, needs_tmp, written_folders

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for one in workloads(setup):
        for container in containers_of(one, setup) if not one.patched("volumeMounts") else ():
            context = container.node.get("securityContext")
            if not container.own or context.get("readOnlyRootFilesystem").value is not True:
                continue
            line = context.key("readOnlyRootFilesystem").line
            missing = [path for path in written_folders(container, setup) if not is_mounted(path, container)]
            if container.node in container.pod.get("initContainers").items:
                missing = []  # it prepares something, and serves nobody
            if needs_tmp(container, setup) and not is_mounted("/tmp", container):
                yield Found(
                    path=one.path,
                    line=line,
                    message=f"{container.name} has no writable /tmp: gunicorn ends at once (No usable "
                    "temporary directory found)",
                    hint="volumes: [{name: tmp, emptyDir: {medium: Memory, sizeLimit: 64Mi}}], "
                    "mounted at /tmp",
                )
            if missing:
                yield Found(
                    path=one.path,
                    line=line,
                    message=f"the app writes {', '.join(missing[:4])}, and {container.name} may not: the "
                    "root is read-only and no volume is there",
                    hint="a claim for what has to stay, an emptyDir for what may go",
                )


def is_mounted(path: str, container: Container) -> bool:
    mounts = container.node.get("volumeMounts").items
    return is_below(path, (one.get("mountPath").text for one in mounts))
