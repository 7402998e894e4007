"""A file is mounted that is not there: Docker makes a folder of that name.

`./init.sql:/docker-entrypoint-initdb.d/init.sql` without init.sql does not fail: the engine creates a
folder `init.sql`, root's, on the host, and mounts it. The database begins without its tables, nginx with
a folder for its configuration.

Fix: the right path, beside the Compose file that names it; `create_host_path: false` in the long form
lets Compose stop instead.

See: https://docs.docker.com/reference/compose-file/services/#volumes
"""

import posixpath
import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import Mount, in_a_stack, mounts, services

SEVERITY = Severity.WARNING

# both sides have an ending that files have
FILE = re.compile(
    r".*\.(?:sql|conf|cfg|ini|ya?ml|toml|json|sh|py|cnf|xml|properties|template|txt|env|lua|acl)"
)


def look(setup: Setup) -> Finds:
    ignored = setup.project.read_text(".gitignore") or ""
    names = {posixpath.basename(path) for path in setup.project.files()}
    for container in services(setup):
        for mount in mounts(container, setup):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(container.path), mount.source))
            if not is_file(mount) or path.startswith("..") or setup.project.exists(path):
                continue
            name = posixpath.basename(path)
            if name in ignored or name in names or in_a_stack(container, setup):
                continue  # a script may put it there; Swarm stops by itself
            if any(has_sample(path, one) for one in setup.project.files()):
                continue
            yield Found(
                path=container.path,
                line=mount.line,
                message=f"{mount.source} is not there: Docker makes a folder of that name and mounts it",
                hint="the path as it is from this file's folder, or create_host_path: false",
            )


def is_file(mount: Mount) -> bool:
    both = FILE.fullmatch(mount.source) and FILE.fullmatch(mount.target)
    return mount.kind == "bind" and mount.source.startswith(".") and both is not None


def has_sample(path: str, other: str) -> bool:
    """Whether a file is there that is to be copied to that path first."""
    stem, ending = posixpath.splitext(path)
    return (
        other.startswith(stem)
        and bool(re.search(r"example|sample|template|dist", other[len(stem) :]))
        and bool(ending)
    )
