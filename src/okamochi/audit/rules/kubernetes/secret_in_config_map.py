"""A secret stands in a ConfigMap.

Who may look at Deployments may nearly always look at ConfigMaps: roles such as `view` show them and hide
Secrets; encryption at rest is for Secrets alone.

Fix: a Secret, made in the cluster, and `secretRef` or `secretKeyRef`. What stood here has to be changed.

Okamochi: secrets are files of a folder that is never committed, of which kustomize makes a Secret.

See: https://kubernetes.io/docs/concepts/configuration/secret/
"""

from okamochi.audit.cluster_objects import cluster_objects
from okamochi.audit.containers import Variable
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.secret_values import written_secret

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for one in cluster_objects(setup):
        for key, value in one.root.get("data").pairs if one.kind == "ConfigMap" else ():
            written = written_secret(Variable(key.text, value.text, one.path, key.line))
            if written is not None and not written.known and "\n" not in value.text:
                yield Found(
                    path=one.path,
                    line=key.line,
                    message=f"{key.text} is a secret, and the ConfigMap {one.name} shows it to everybody who "
                    "may look",
                    hint=f"a Secret with {key.text}, made in the cluster; and another value",
                )
