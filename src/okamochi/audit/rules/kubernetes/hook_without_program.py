"""A hook or a probe starts a shell or a program that the image does not have.

Images without a distribution (distroless, scratch, chiselled) have no `sh` and no `sleep`. A preStop
hook that cannot start fails with an event (FailedPreStopHook) and the pause is left out, so that
requests are lost in each rollout; a probe fails each time.

Fix: `preStop: {sleep: {seconds: 5}}` needs no program (Kubernetes 1.30 and newer).

Okamochi: the pause before the stop is Kubernetes' own `sleep`; probes start the image's own Python.

See: https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
"""

from okamochi.audit.cluster_objects import running
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
BARE = regex(
    r"gcr\.io/distroless/(?!.*:debug).*|scratch|cgr\.dev/[\w.-]+/[\w.-]+(?::latest)?(?:@.*)?|ubuntu/.*-chiselled.*"
)
SHELL_PROGRAMS = frozenset(("sh", "bash", "sleep", "curl", "wget", "cat", "kill", "nc", "ls", "ps"))
HOOKS = (
    ("lifecycle", "preStop"),
    ("lifecycle", "postStart"),
    ("startupProbe",),
    ("readinessProbe",),
    ("livenessProbe",),
)


def look(setup: Setup) -> Finds:
    for one, container in running(setup):
        for hook in HOOKS:
            command = container.node.get(*hook, "exec", "command")
            program = first_word(command)
            if program in SHELL_PROGRAMS and is_bare(container, program):
                yield Found(
                    path=one.path,
                    line=command.line,
                    message=f"{hook[-1]} starts {program}, which {base_of(container)} does not have",
                    hint="sleep: {seconds: 5}" if "preStop" in hook else "httpGet, or a program of Python's",
                )


def first_word(command: Node) -> str:
    return command.items[0].text.rpartition("/")[2] if command.items else ""


def base_of(container: Container) -> str:
    return container.stage.image if container.stage is not None else container.image


def is_bare(container: Container, program: str) -> bool:
    """Whether its base has nothing, and no step copies the program."""
    if BARE.fullmatch(base_of(container)) is None:
        return False
    steps = container.stage.all("COPY") if container.stage is not None else ()
    return not any(program in one.rest or "busybox" in one.rest or one.rest.endswith(" /") for one in steps)
