"""A variable is given twice in one container.

The last one counts; the first looks as if it did. A merge by kubectl or kustomize goes by the name and may
keep either.

Fix: one of the two.

See: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from collections.abc import Iterator

from okamochi.audit.cluster_objects import workloads
from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.model.evidence import Evidence
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    for one in workloads(setup):
        for container in (*one.pod.get("initContainers").items, *one.pod.get("containers").items):
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


RULE = Rule("kubernetes/duplicate-variable", Severity.WARNING, look, __doc__ or "")
