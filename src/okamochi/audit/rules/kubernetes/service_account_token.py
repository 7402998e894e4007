"""Each pod holds a key to the cluster that the app does not use.

Unless it is told not to, Kubernetes puts a token of the service account into every container. Who gets
into the app asks the API with it.

Fix: `automountServiceAccountToken: false` in the pod's spec.

Okamochi: `automountServiceAccountToken: false`.

See: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
"""

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects, containers_of, workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

SEVERITY = Severity.NOTE
SETTING = "automountServiceAccountToken"

# also those who get an identity of the cloud by the account
USES = regex(
    r"^\s*(?:from|import)\s+(?:kubernetes(?:_asyncio)?|kopf|pykube|lightkube|kr8s|hvac|dask_kubernetes|kubespawner)\b",
    8,
)


def look(setup: Setup) -> Finds:
    """Once, of the project's own containers, where no code of it talks to the cluster."""
    found = [one for one in workloads(setup) if any(c.own for c in containers_of(one, setup))]
    if not found or talks_to_the_cluster(setup):
        return
    told = list[ClusterObject]()
    for one in found:
        account = account_of(one, setup)
        if account is None or account.root.get(SETTING) or one.pod.get(SETTING) or one.patched(SETTING):
            continue
        told.append(one)
    if told:
        names = ", ".join(dict.fromkeys(one.name for one in told))
        yield Found(
            path=told[0].path,
            line=place(told[0]),
            message=f"each pod of {names} holds a token of the cluster that the app does not use",
            hint="automountServiceAccountToken: false in the pod's spec",
            also=tuple(Evidence(path=one.path, line=place(one), reason="this as well") for one in told[1:]),
        )


def place(one: ClusterObject) -> int:
    return one.template.key("spec").line or one.line


def account_of(one: ClusterObject, setup: Setup) -> ClusterObject | None:
    """Its own in the files; the object itself where it takes the namespace's; None for one that is not in
    sight, or that a cloud knows."""
    name = one.pod.get("serviceAccountName").text
    if not name or name == "default":
        return one
    accounts = [o for o in cluster_objects(setup) if (o.kind, o.name) == ("ServiceAccount", name)]
    if len(accounts) != 1 or accounts[0].root.get("metadata", "annotations"):
        return None
    return accounts[0]


def talks_to_the_cluster(setup: Setup) -> bool:
    return any(USES.search(setup.project.read_text(path) or "") for path in setup.project.files("**/*.py"))
