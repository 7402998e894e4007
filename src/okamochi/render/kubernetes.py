"""Kubernetes objects as plain files, put together by kustomize: `kubectl apply -k kubernetes`.

The set is that which Kubernetes' own documentation asks of a web app in production: probes of three kinds, a
read-only root with what may be written named, the Pod Security Standard "restricted", limits, an orderly
stop, a network policy. Sources: https://kubernetes.io/docs/concepts/security/pod-security-standards/,
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/.
"""

from collections.abc import Iterator, Mapping, Sequence

from okamochi.model.finding import Finding, Severity
from okamochi.model.lock import Lock
from okamochi.model.plan import Plan
from okamochi.model.process import Process, ProcessType
from okamochi.render.doors import coded_findings
from okamochi.render.kubernetes_around import (
    LEAST_PODS,
    claims,
    ingress,
    namespace,
    network_policy,
    scaling,
    service,
    service_account,
)
from okamochi.render.kubernetes_pods import pod
from okamochi.render.kubernetes_settings import (
    CONFIG_FILE,
    SECRETS_FOLDER,
    config_env,
    generators,
    settings_findings,
)
from okamochi.render.kubernetes_words import app_name, component, metadata, say, selector
from okamochi.render.orchestrators import is_alone, secrets_folder
from okamochi.render.rendering import Language, RenderedFile, Rendering
from okamochi.render.yaml_text import Commented, Node, Yaml, yaml_text

__all__ = ["KubernetesRenderer"]

FOLDER = "kubernetes"
TAKEN = frozenset({"namespace", "network-policy", "volumes", "ingress", "web", "kustomization"})
HEAD = {
    Language.ENGLISH: """\
Written by okamochi render kubernetes from the plan of {name}. Edits are kept by the next render.
1. the image:    okamochi push registry.example.com/{name}   and its name below
2. the values:   config.env, and a file in secrets/ for each name below
3. apply it:     kubectl apply -k {folder}   (Kubernetes 1.30 or newer)""",
    Language.JAPANESE: """\
okamochi render kubernetes が {name} の計画から書き出したファイル。手で直しても次の render で残る。
1. イメージ: okamochi push registry.example.com/{name} の結果を下に書く
2. 値: config.env と、下に挙げる secrets/ のファイル
3. 適用: kubectl apply -k {folder} （Kubernetes 1.30 以降）""",
}


class KubernetesRenderer:
    target = "kubernetes"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        """Files below kubernetes/. No value of a secret is in any of them."""
        documents = dict(objects(plan, language))
        files = [
            RenderedFile(path=f"{FOLDER}/{name}", content=documents_text(nodes))
            for name, nodes in documents.items()
        ]
        head = HEAD[language].format(name=plan.name, folder=FOLDER)
        listing = yaml_text(kustomization(plan, sorted(documents)), head=head)
        files += [
            RenderedFile(path=f"{FOLDER}/kustomization.yaml", content=listing.encode()),
            RenderedFile(path=f"{FOLDER}/{CONFIG_FILE}", content=config_env(plan, language).encode()),
        ]
        if "secretGenerator" in generators(plan):
            files.append(secrets_folder(f"{FOLDER}/{SECRETS_FOLDER}", language))
        files.sort(key=lambda file: file.path)
        return Rendering(files=tuple(files), findings=(*settings_findings(plan), *findings(plan)))


def documents_text(nodes: Sequence[Mapping[str, Yaml]]) -> bytes:
    return "---\n".join(yaml_text(node) for node in nodes).encode()


def kustomization(plan: Plan, resources: list[str]) -> Node:
    image: Node = {"name": plan.name, "newName": f"registry.example.com/{plan.name}", "newTag": "set-me"}
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": app_name(plan),
        "resources": list(resources),
        "images": [image],
        **generators(plan),
    }


def objects(plan: Plan, language: Language) -> Iterator[tuple[str, list[Node]]]:
    """File name, and the objects in it."""
    yield "namespace.yaml", [namespace(plan, language), service_account(plan)]
    yield "network-policy.yaml", list(network_policy(plan, language))
    if plan.volumes:
        yield "volumes.yaml", list(claims(plan, language))
    if plan.domain:
        yield "ingress.yaml", [ingress(plan)]
    for process in plan.processes:
        if process.type is ProcessType.WEB:
            yield ("web.yaml", [deployment(plan, process, language), service(plan), *scaling(plan, language)])
        elif process.type is not ProcessType.RELEASE:
            name = component(plan, process).removeprefix(f"{app_name(plan)}-")
            yield f"{'process-' if name in TAKEN else ''}{name}.yaml", [deployment(plan, process, language)]


def deployment(plan: Plan, process: Process, language: Language) -> Node:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(plan, component(plan, process), process),
        "spec": {
            **replicas(plan, process, language),
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": selector(plan, process)},
            "strategy": strategy(plan, process, language),
            "template": pod(plan, process, language),
        },
    }


def replicas(plan: Plan, process: Process, language: Language) -> Node:
    """None is said where the autoscaler decides: each apply would set it back."""
    if process.type is ProcessType.WEB:
        return {"replicas": Commented(say("one", language), 1)} if is_alone(plan, process) else {}
    if plan.worker_profile:
        return {"replicas": Commented(say("aside", language), 0)}
    return {"replicas": 1}


def strategy(plan: Plan, process: Process, language: Language) -> Node:
    if is_alone(plan, process):
        return {"type": Commented(say("recreate", language), "Recreate")}
    if process.type is not ProcessType.WEB:
        return {"type": "RollingUpdate"}
    rolling: Node = {"maxSurge": 1, "maxUnavailable": 0}
    return {"type": "RollingUpdate", "rollingUpdate": Commented(say("rolling", language), rolling)}


def findings(plan: Plan) -> Iterator[Finding]:
    yield from coded_findings(plan, "kubernetes")
    yield Finding(
        rule="kubernetes/image",
        severity=Severity.NOTE,
        message="the image is named in kubernetes/kustomization.yaml, with a registry that does not exist",
        hint="okamochi push REGISTRY/NAME prints what belongs there",
    )
    for one in plan.services:
        yield Finding(
            rule="kubernetes/service-outside",
            severity=Severity.NOTE,
            message=f"{one.name} ({one.image}) is not part of it: who runs a cluster has databases elsewhere",
            hint="give its address, by a managed service or an operator of the cluster",
            field=f"services.{one.name}",
        )
    if is_alone(plan, plan.web):
        why = "volumes" if plan.volumes else "application"
        yield Finding(
            rule="kubernetes/one-pod",
            severity=Severity.WARNING,
            message=f"web has one pod instead of {LEAST_PODS}, and each rollout is a pause",
            hint="keep data in a database and files in an object store"
            if plan.volumes
            else "its sessions live in the memory of one process",
            field=why,
        )
    yield Finding(
        rule="kubernetes/pids",
        severity=Severity.NOTE,
        message="the limit of processes is the node's: pods cannot name one",
        hint="the kubelet's podPidsLimit",
        field="processes.web.resources",
    )
    if not plan.domain:
        yield Finding(
            rule="kubernetes/no-domain",
            severity=Severity.NOTE,
            message="no Ingress: the app has no domain",
            hint="set domain in [tool.okamochi], and render again",
            field="domain",
        )
