"""The root file system is read-only, and a folder that the app writes has no volume.

gunicorn ends at once without a writable /tmp (`No usable temporary directory found`; measured): it keeps
a file there by which it sees that its workers live. Frameworks put uploads of some size there as well.
Folders between the code that the app writes fail later, with the first upload.

Fix: `emptyDir` with `medium: Memory` and a `sizeLimit` for /tmp; a claim for what has to stay.

Okamochi: an emptyDir in memory for /tmp and what else the app writes for a while, a claim for what stays.

See: https://docs.gunicorn.org/en/stable/settings.html#worker-tmp-dir
"""

from okamochi.audit.cluster_objects import running
from okamochi.audit.read_only import closed_finds
from okamochi.audit.rule import Finds, Setup, Severity

SEVERITY = Severity.ERROR
TMP_HINT = "volumes: [{name: tmp, emptyDir: {medium: Memory, sizeLimit: 64Mi}}], mounted at /tmp"
HINT = "a claim for what has to stay, an emptyDir for what may go"


def look(setup: Setup) -> Finds:
    for one, container in running(setup):
        # an init container prepares something, and serves nobody
        serves = container.own and container.node not in one.pod.get("initContainers").items
        if serves and not one.patched("volumeMounts"):
            yield from closed_finds(container, setup, tmp_hint=TMP_HINT, hint=HINT)
