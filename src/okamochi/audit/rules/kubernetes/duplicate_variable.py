"""A variable is given twice in one container.

The last one counts; the first looks as if it did. A merge by kubectl or kustomize goes by the name and may
keep either.

Fix: one of the two.

See: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from okamochi.audit.cluster_objects import workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for one in workloads(setup):
        for container in one.container_nodes:
            first: dict[str, int] = {}
            for variable in container.get("env").items:
                name = variable.get("name").text
                if name in first:
                    yield Found(
                        path=one.path,
                        line=variable.line,
                        message=f"{name} is given twice; the first, in line {first[name]}, does not count",
                        hint="take one of them away",
                        also=(Evidence(path=one.path, line=first[name], reason="the first"),),
                    )
                first.setdefault(name, variable.line)
