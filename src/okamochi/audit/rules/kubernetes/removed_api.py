"""An object is of an API version that Kubernetes no longer has.

The cluster answers `no matches for kind "Ingress" in version "extensions/v1beta1"`, and applies nothing
of it.

Fix: the version that the hint names; its fields may differ.

See: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from okamochi.audit.cluster_objects import cluster_objects
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR
APPS = {"Deployment": "apps/v1", "DaemonSet": "apps/v1", "StatefulSet": "apps/v1", "ReplicaSet": "apps/v1"}
NETWORKING = {"Ingress": "networking.k8s.io/v1", "NetworkPolicy": "networking.k8s.io/v1"}
# (version that is gone, since when): kind, what is there instead
GONE = {
    ("extensions/v1beta1", "1.16 and 1.22"): {**APPS, **NETWORKING},
    ("apps/v1beta1", "1.16"): APPS,
    ("apps/v1beta2", "1.16"): APPS,
    ("networking.k8s.io/v1beta1", "1.22"): NETWORKING,
    ("autoscaling/v2beta1", "1.25"): {"HorizontalPodAutoscaler": "autoscaling/v2"},
    ("autoscaling/v2beta2", "1.26"): {"HorizontalPodAutoscaler": "autoscaling/v2"},
    ("policy/v1beta1", "1.25"): {"PodDisruptionBudget": "policy/v1"},
    ("batch/v1beta1", "1.25"): {"CronJob": "batch/v1"},
    ("rbac.authorization.k8s.io/v1beta1", "1.22"): dict.fromkeys(
        ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), "rbac.authorization.k8s.io/v1"
    ),
}


def look(setup: Setup) -> Finds:
    for one in cluster_objects(setup):
        version = one.root.get("apiVersion")
        for (gone, since), kinds in GONE.items():
            if version.text == gone and one.kind in kinds:
                yield Found(
                    path=one.path,
                    line=version.line,
                    message=f"{one.kind} of {gone} is gone since Kubernetes {since}: nothing of it is "
                    "applied",
                    hint=f"apiVersion: {kinds[one.kind]}",
                )
