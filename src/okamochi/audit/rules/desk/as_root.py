"""The devcontainer works as root.

On Linux all that is made in it belongs to root on the host as well: __pycache__, migrations, the lock
file; git on the host complains of "dubious ownership". (Docker Desktop hides it.)

Fix: a user in that stage, and `"remoteUser": "app"`; the editor gives it the id of the one on the host
(updateRemoteUserUID).

Okamochi: a user `developer`, who gets your number.

See: https://containers.dev/implementors/json_reference/,
https://code.visualstudio.com/remote/advancedcontainers/add-nonroot-user
"""

import re

from okamochi.audit.devcontainers import service_behind, stage_behind
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.NOTE
ROOT_IMAGE = re.compile(r"(?:docker\.io/)?(?:library/)?python:|(?:docker\.io/)?(?:debian|ubuntu):")


def look(setup: Setup) -> Finds:
    for file in setup.devcontainers:
        stage, service = stage_behind(file, setup), service_behind(file, setup)
        image = stage.image if stage is not None else file.root.get("image").text
        if ROOT_IMAGE.match(image) is None or "common-utils" in file.file.text:
            continue
        if file.root.get("remoteUser") or file.root.get("containerUser"):
            continue
        if stage is not None and stage.last("USER") is not None:
            continue
        if service is not None and service.node.get("user"):
            continue
        yield Found(
            path=file.path,
            line=file.root.line,
            message=f"no remoteUser, and {image} is root's: on Linux files made in it belong to root",
            hint='a user in the image, and "remoteUser" with its name',
        )
