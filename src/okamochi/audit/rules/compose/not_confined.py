"""The app's container may do more than a web app needs.

Docker gives each container fourteen of root's capabilities, lets programs with the setuid bit gain more, and
sets no limit to memory: a hole in the app has all of that at hand, and a leak takes the memory of the host
and of everything beside it. Nothing in the image can say otherwise, `RUN setcap` neither: it stands where
the container is started.

Fix: `cap_drop: [ALL]`, `security_opt: ["no-new-privileges:true"]` and `mem_limit: 512m`; a server on a port
above 1024 needs none of the capabilities. `read_only: true` with a tmpfs on /tmp is the next step, where the
app writes nowhere else.

Okamochi: no capability, no new privileges, a read-only root, limits of memory, CPU and processes.

See: https://docs.docker.com/engine/security/#linux-kernel-capabilities and
https://docs.docker.com/reference/compose-file/services/#security_opt
"""

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import in_a_stack, merged, services
from okamochi.model.evidence import Evidence

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Once for a file: who writes it once writes it for all."""
    found: dict[str, list[tuple[Container, tuple[str, ...]]]] = {}
    for container in services(setup):
        missing = lacking(container, setup) if container.own and not in_a_stack(container, setup) else ()
        if missing:
            found.setdefault(container.path, []).append((container, missing))
    for path, rows in found.items():
        first, missing = rows[0]
        yield Found(
            path=path,
            line=first.line,
            message=f"{first.name} " + ", ".join(WORDS[one] for one in missing),
            hint="; ".join(FIXES[one] for one in missing),
            also=tuple(
                Evidence(path=path, line=one.line, reason=f"{one.name} as well") for one, _ in rows[1:]
            ),
        )


WORDS = {
    "cap_drop": "keeps fourteen of root's capabilities",
    "security_opt": "may gain new privileges",
    "mem_limit": "has no limit of memory",
}
FIXES = {
    "cap_drop": "cap_drop: [ALL]",
    "security_opt": 'security_opt: ["no-new-privileges:true"]',
    "mem_limit": "mem_limit: 512m",
}


def lacking(container: Container, setup: Setup) -> tuple[str, ...]:
    """What no file says of a service; nothing where it goes on from another one, which may say it."""
    all_said = [one.node for one in merged(container, setup)]
    if any(node.get("extends") or node.get("privileged").text == "true" for node in all_said):
        return ()
    said = {
        "cap_drop": any(node.get("cap_drop") for node in all_said),
        "security_opt": any(
            one.text.startswith("no-new-privileges")
            for node in all_said
            for one in node.get("security_opt").items
        ),
        "mem_limit": any(
            node.get("mem_limit") or node.get("deploy", "resources", "limits", "memory") for node in all_said
        ),
    }
    return tuple(name for name, is_said in said.items() if not is_said)
