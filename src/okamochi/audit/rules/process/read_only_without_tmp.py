"""Compose makes the root file system read-only, and leaves nothing to write in.

gunicorn ends at once without a writable /tmp (`No usable temporary directory found`; measured with gunicorn
27.0.1): it keeps a file there by which it sees that its workers live. Frameworks put uploads of some size
there as well. Folders between the code that the app writes fail later, with the first upload.

Fix: `tmpfs: [/tmp]` beside `read_only: true`; a volume for what has to stay.

Okamochi: a read-only root with a tmpfs on /tmp, and a volume for each folder that the code writes.

See: https://docs.docker.com/reference/compose-file/services/#read_only
"""

from okamochi.audit.containers import ContainerKind
from okamochi.audit.read_only import closed_finds
from okamochi.audit.rule import Finds, Setup, Severity

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if container.kind is ContainerKind.COMPOSE:
            hint = "a volume for what has to stay, tmpfs for what may go"
            yield from closed_finds(container, setup, tmp_hint="tmpfs: [/tmp:size=64m]", hint=hint)
