"""A security setting stands where nothing reads it.

`readOnlyRootFilesystem`, `allowPrivilegeEscalation`, `capabilities` and `privileged` are of a container;
`fsGroup`, `supplementalGroups` and `sysctls` are of a pod. At the other level they do nothing: kubectl
refuses unknown fields (strict since 1.27) or warns, other clients drop them without a word, and the container
is as open as before.

Fix: `securityContext` of the container for the first, of the pod's `spec` for the others.

See: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from okamochi.audit.cluster_objects import workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.system.words import word_set

SEVERITY = Severity.ERROR
OF_CONTAINERS = frozenset(
    ("readOnlyRootFilesystem", "allowPrivilegeEscalation", "capabilities", "privileged", "procMount")
)
OF_PODS = frozenset(("fsGroup", "fsGroupChangePolicy", "supplementalGroups", "sysctls"))
EITHER = word_set(
    "runAsNonRoot runAsUser runAsGroup seccompProfile seLinuxOptions appArmorProfile windowsOptions"
)
ALL = OF_CONTAINERS | OF_PODS | EITHER
SPELLED = {name.lower(): name for name in ALL}


def look(setup: Setup) -> Finds:
    for one in workloads(setup):
        pod = one.pod
        for key, _ in pod.get("securityContext").pairs:
            if key.text in OF_CONTAINERS:
                yield misplaced(one.path, key.line, key.text, "the pod", "each container")
            elif key.text not in ALL:
                yield from misspelled(one.path, key.line, key.text)
        for container in one.container_nodes:
            for key, _ in container.get("securityContext").pairs:
                if key.text in OF_PODS:
                    yield misplaced(one.path, key.line, key.text, "a container", "the pod")
                elif key.text not in ALL:
                    yield from misspelled(one.path, key.line, key.text)
            for key, _ in container.pairs:
                if key.text in ALL:
                    yield misplaced(one.path, key.line, key.text, "a container itself", "its securityContext")
        for key, _ in pod.pairs:
            if key.text in ALL:
                yield misplaced(one.path, key.line, key.text, "the pod itself", "its securityContext")


def misplaced(path: str, line: int, name: str, there: str, right: str) -> Found:
    where = f"the securityContext of {there}" if "itself" not in there else there
    right = right if "securityContext" in right else f"the securityContext of {right}"
    return Found(
        path=path,
        line=line,
        message=f"{name} is no field of {where}: it does nothing there, or the API refuses it",
        hint=f"it belongs into {right}",
    )


def misspelled(path: str, line: int, name: str) -> Finds:
    """Another case of a field that there is."""
    meant = SPELLED.get(name.lower())
    if meant is not None:
        yield Found(path=path, line=line, message=f"{name} is no field: it does nothing", hint=meant)
