"""A key that docker stack deploy refuses.

`docker stack deploy` reads an older format than `docker compose`: a map below `depends_on`, `profiles`,
`pull_policy`, `name`, `mem_limit`, a number for `cpus`, all end with an error, and nothing is deployed.
Measured with `docker stack config` of Docker 28.2: `services.web.depends_on must be a list`, `Additional
property profiles is not allowed`.

Fix: what the hint says; for Compose alone, a second file.

See: https://docs.docker.com/reference/compose-file/legacy-versions/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services, stacks
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.words import word_set

SEVERITY = Severity.ERROR
ROOT = frozenset(("version", "services", "networks", "volumes", "secrets", "configs"))
# of a service, as the schema of docker/cli has them
SERVICE = word_set(
    "build cap_add cap_drop cgroupns_mode cgroup_parent command configs container_name credential_spec "
    "depends_on deploy devices dns dns_search domainname entrypoint env_file environment expose "
    "external_links extra_hosts healthcheck hostname image init ipc isolation labels links logging "
    "mac_address network_mode networks oom_score_adj pid ports privileged read_only restart secrets "
    "security_opt shm_size stdin_open stop_grace_period stop_signal sysctls tmpfs tty ulimits user "
    "userns_mode volumes working_dir"
)
INSTEAD = {
    "name": "the name of the stack is the last word of docker stack deploy",
    "profiles": "a second file",
    "mem_limit": "deploy.resources.limits.memory",
    "cpus": "deploy.resources.limits.cpus",
    "pids_limit": "deploy.resources.limits.pids",
    "scale": "deploy.replicas",
    "extends": "the service itself",
}


def look(setup: Setup) -> Finds:
    for document in stacks(setup):
        for key in refused(document.root, ROOT):
            yield found(document.path, key.line, key.text)
    for document, container in stack_services(setup):
        node = container.node
        for key in refused(node, SERVICE):
            yield found(document.path, key.line, key.text)
        if node.get("depends_on").kind == "mapping":
            yield Found(
                path=document.path,
                line=node.key("depends_on").line,
                message="docker stack deploy refuses a depends_on with conditions, and waits for "
                "nothing anyway",
                hint="take it away: the app has to try again until the database is there",
            )
        for what, value in unquoted(node):
            yield Found(
                path=document.path,
                line=value.line,
                message=f"docker stack deploy refuses {what}: {value.text}, which has to be text",
                hint=f'"{value.text}"',
            )


def refused(node: Node, known: frozenset[str]) -> Iterator[Node]:
    for key, _ in node.pairs:
        if key.text not in known and not key.text.startswith("x-"):
            yield key


def unquoted(service: Node) -> Iterator[tuple[str, Node]]:
    for part in ("limits", "reservations"):
        cpus = service.get("deploy", "resources", part, "cpus")
        if isinstance(cpus.value, int | float):
            yield "cpus", cpus
    for key, value in service.get("environment").pairs:
        if isinstance(value.value, bool):
            yield key.text, value


def found(path: str, line: int, key: str) -> Found:
    return Found(
        path=path,
        line=line,
        message=f"docker stack deploy refuses the file: it does not know {key}",
        hint=INSTEAD.get(key, "take it away, or keep it in a second file for docker compose"),
    )
