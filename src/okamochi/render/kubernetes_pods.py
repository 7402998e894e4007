"""Pods of the app's processes: what a container runs, is told, may write, and how its health is asked."""

from okamochi.model.kit_programs import HEALTH_CHECK, SECRETS_MOUNT, VOLUME_FILES, command_of, with_doors
from okamochi.model.plan import Plan
from okamochi.model.process import HeartbeatProbe, Process, ProcessType, Volume
from okamochi.model.sizes import MEBIBYTE
from okamochi.render.compose_secrets import FOR_RELEASE, keys_to_give, names_for, reads_files
from okamochi.render.kubernetes_words import app_name, component, labels, literal, say, selector
from okamochi.render.orchestrators import PEERS, is_alone, optional_secrets, trust
from okamochi.render.process_environment import (
    key_files_environment,
    kit_environment,
    secret_files_environment,
)
from okamochi.render.rendering import Language
from okamochi.render.yaml_text import Commented, Node, Yaml

__all__ = ["CONFIG", "HTTP", "keys_name", "optional_name", "pod", "secret_name"]

HTTP = "http"
CONFIG = "config"
KEYS = "keys"
DRAIN_SECONDS = 5
FRESH = "/volumes"
"""Where the container that fills an empty volume has it: in its place the image's own files must be seen."""


def secret_name(plan: Plan, process: Process) -> str:
    """Of the Secret with the files that the process reads; "" for none."""
    names = names_for(plan, process)
    if not names:
        return ""
    release = any(name.startswith(FOR_RELEASE) for name in names)
    return f"{app_name(plan)}-{'release-secrets' if release else 'secrets'}"


def pod(plan: Plan, process: Process, language: Language) -> Node:
    """The template of a Deployment."""
    web = process.type is ProcessType.WEB
    before = [*fillers(plan, language), *releases(plan, language)]
    seconds = process.stop_grace_seconds + (DRAIN_SECONDS if web else 0)
    return {
        "metadata": {"labels": selector(plan, process)},
        "spec": {
            "serviceAccountName": app_name(plan),
            "automountServiceAccountToken": False,
            "enableServiceLinks": Commented(say("links", language), False),
            **({} if web else {"shareProcessNamespace": Commented(say("init", language), True)}),
            "securityContext": pod_security(plan),
            "terminationGracePeriodSeconds": Commented(say("grace", language), seconds) if web else seconds,
            **placed(plan, process, language),
            **({"initContainers": before} if before else {}),
            "containers": [container(plan, process, language)],
            "volumes": volumes(plan, process, language),
        },
    }


def pod_security(plan: Plan) -> Node:
    security = plan.security
    return {
        "runAsNonRoot": security.run_as_non_root,
        "runAsUser": security.run_as_user,
        "runAsGroup": security.run_as_group,
        "fsGroup": security.run_as_group,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": security.seccomp_profile},
    }


def placed(plan: Plan, process: Process, language: Language) -> Node:
    """Which node: another one for each pod, or the same one for all that share a volume."""
    running = [one for one in plan.processes if one.type is not ProcessType.RELEASE]
    if plan.volumes and len(running) > 1:
        term: Node = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels(plan)}}
        together: Node = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
        return {"affinity": Commented(say("together", language), together)}
    if is_alone(plan, process):
        return {}
    constraint: Node = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(plan, process)},
    }
    return {"topologySpreadConstraints": [constraint]}


def container(plan: Plan, process: Process, language: Language) -> Node:
    return {
        "name": process_name(process),
        **runs(plan, process),
        **({"ports": [{"name": HTTP, "containerPort": process.port}]} if process.port else {}),
        **told(plan, process, language),
        **probes(process, language),
        **stop(process, language),
        "resources": resources(process),
        "securityContext": container_security(plan),
        "volumeMounts": mounts(plan, process),
    }


def process_name(process: Process) -> str:
    return process.type.value if process.type is ProcessType.WEB else "app"


def runs(plan: Plan, process: Process) -> Node:
    argv = with_doors(plan, command_of(process, secrets=reads_files(plan, process)))
    return {"image": plan.name, "imagePullPolicy": "IfNotPresent", "command": [literal(one) for one in argv]}


def told(plan: Plan, process: Process, language: Language) -> Node:
    """What the code reads comes from config.env and from files of secrets; this is what the kit reads."""
    values = kit_environment(plan, process) | secret_files_environment(plan, names_for(plan, process))
    values |= key_files_environment(plan, keys_to_give(plan))
    found: dict[str, Yaml] = {name: literal(value) for name, value in values.items()}
    for name, value in trust(plan, process).items():
        found[name] = Commented(say("proxies", language), value) if name == PEERS else value
    variables: list[Yaml] = [variable(name, found[name]) for name in sorted(found)]
    return {"envFrom": sources(plan, language), **({"env": variables} if variables else {})}


def sources(plan: Plan, language: Language) -> list[Yaml]:
    """The ConfigMap of config.env, and a Secret that nobody has to make."""
    found: list[Yaml] = [{"configMapRef": {"name": f"{app_name(plan)}-{CONFIG}"}}]
    names = optional_secrets(plan)
    if names:
        secret: Node = {"secretRef": {"name": optional_name(plan), "optional": True}}
        found.append(Commented(say("optional", language).format(names=", ".join(names)), secret))
    return found


def optional_name(plan: Plan) -> str:
    return f"{app_name(plan)}-optional"


def variable(name: str, value: Yaml) -> Yaml:
    if isinstance(value, Commented):
        return Commented(value.comment, {"name": name, "value": value.value})
    return {"name": name, "value": value}


def probes(process: Process, language: Language) -> Node:
    """Readiness asks the app, and through it the database; liveness must not."""
    asked: Node = {"exec": {"command": list(HEALTH_CHECK)}, "timeoutSeconds": 5}
    if isinstance(process.probe, HeartbeatProbe):
        return {
            "startupProbe": {**asked, "periodSeconds": 5, "failureThreshold": 24},
            "livenessProbe": {**asked, "periodSeconds": 30, "failureThreshold": 3},
        }
    if process.type is not ProcessType.WEB:
        return {}
    port: Node = {
        "tcpSocket": {"port": HTTP},
        "timeoutSeconds": 5,
        "periodSeconds": 20,
        "failureThreshold": 3,
    }
    return {
        "startupProbe": Commented(
            say("startup", language), {**asked, "periodSeconds": 5, "failureThreshold": 60}
        ),
        "readinessProbe": {**asked, "periodSeconds": 10, "failureThreshold": 3},
        "livenessProbe": Commented(say("liveness", language), port),
    }


def stop(process: Process, language: Language) -> Node:
    if process.type is not ProcessType.WEB:
        return {}
    pause: Node = {"sleep": {"seconds": DRAIN_SECONDS}}
    return {"lifecycle": {"preStop": Commented(say("sleep", language), pause)}}


def resources(process: Process) -> Node:
    """As much memory as it may have is kept for it; the CPU that it is promised is a quarter."""
    memory = f"{process.resources.memory_bytes // MEBIBYTE}Mi"
    most = round(process.resources.cpus * 1000)
    return {
        "requests": {"cpu": f"{max(10, most // 4)}m", "memory": memory, "ephemeral-storage": "64Mi"},
        "limits": {"cpu": f"{most}m", "memory": memory, "ephemeral-storage": "512Mi"},
    }


def container_security(plan: Plan) -> Node:
    security = plan.security
    return {
        "allowPrivilegeEscalation": security.allow_privilege_escalation,
        "readOnlyRootFilesystem": security.read_only_root_filesystem,
        "capabilities": {"drop": list(security.drop_capabilities)},
    }


def releases(plan: Plan, language: Language) -> list[Yaml]:
    """Before each pod: see docs/adr/0046-migrations-before-each-pod.md."""
    found: list[Yaml] = []
    for process in plan.processes:
        if process.type is ProcessType.RELEASE:
            node: Node = {
                "name": component(plan, process)[-50:].strip("-"),
                **runs(plan, process),
                **told(plan, process, language),
                "resources": resources(process),
                "securityContext": container_security(plan),
                "volumeMounts": mounts(plan, process),
            }
            found.append(Commented(say("release", language), node))
    return found


def fillers(plan: Plan, language: Language) -> list[Yaml]:
    found: list[Yaml] = []
    for volume in plan.volumes:
        place = f"{FRESH}/{volume.name}"
        node: Node = {
            "name": f"fill-{volume.name}"[:63].rstrip("-"),
            "image": plan.name,
            "imagePullPolicy": "IfNotPresent",
            "command": [*VOLUME_FILES, "fill", place, literal(volume.path)],
            "resources": resources(plan.web),
            "securityContext": container_security(plan),
            "volumeMounts": [{"name": volume_name(volume), "mountPath": place}, tmp_mount()],
        }
        found.append(Commented(say("fill", language), node))
    return found


def mounts(plan: Plan, process: Process) -> list[Yaml]:
    found: list[Yaml] = [tmp_mount()]
    for number, folder in enumerate(plan.temporary_folders, start=1):
        found.append({"name": f"tmp-{number}", "mountPath": folder.path})
    for volume in plan.volumes:
        found.append({"name": volume_name(volume), "mountPath": volume.path})
    if reads_files(plan, process):
        found.append({"name": volume_of_secret(plan, process), "mountPath": SECRETS_MOUNT, "readOnly": True})
    return found


def tmp_mount() -> Node:
    return {"name": "tmp", "mountPath": "/tmp"}


def volume_name(volume: Volume) -> str:
    return f"volume-{volume.name}"[:63].rstrip("-")


def volume_of_secret(plan: Plan, process: Process) -> str:
    return secret_name(plan, process).removeprefix(f"{app_name(plan)}-") or KEYS


def keys_name(plan: Plan) -> str:
    """Of the Secret with key files that the app starts without; nobody has to make it."""
    return f"{app_name(plan)}-{KEYS}"


def volumes(plan: Plan, process: Process, language: Language) -> list[Yaml]:
    memory = Commented(say("memory", language), in_memory("tmp", plan.tmp_bytes))
    found: list[Yaml] = [memory]
    for number, folder in enumerate(plan.temporary_folders, start=1):
        found.append(in_memory(f"tmp-{number}", folder.size_bytes))
    for volume in plan.volumes:
        claim = f"{app_name(plan)}-{volume.name}"
        found.append({"name": volume_name(volume), "persistentVolumeClaim": {"claimName": claim}})
    started = [process, *(one for one in plan.processes if one.type is ProcessType.RELEASE)]
    reading = [one for one in started if reads_files(plan, one)]
    secrets = {volume_of_secret(plan, one): secret_name(plan, one) for one in reading}
    found += [{"name": name, **files_of(plan, secret, language)} for name, secret in secrets.items()]
    return found


def files_of(plan: Plan, secret: str, language: Language) -> Node:
    """The Secret as files, and beside them the key files that somebody gave."""
    mode = Commented(say("mode", language), 0o440)
    names = keys_to_give(plan)
    if not names:
        return {"secret": {"secretName": secret, "optional": False, "defaultMode": mode}}
    sources: list[Yaml] = [{"secret": {"name": secret, "optional": False}}] if secret else []
    keys: Node = {"secret": {"name": keys_name(plan), "optional": True}}
    sources.append(Commented(say("optional", language).format(names=", ".join(names)), keys))
    return {"projected": {"defaultMode": mode, "sources": sources}}


def in_memory(name: str, size_bytes: int) -> Node:
    size = f"{max(1, size_bytes // MEBIBYTE)}Mi"
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": size}}
