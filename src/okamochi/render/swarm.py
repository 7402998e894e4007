"""A stack for Docker Swarm: `docker stack deploy`. https://docs.docker.com/reference/compose-file/legacy-versions/

Swarm reads the Compose format and leaves out, with or without a word, what it does not know (depends_on,
security_opt, profiles, the short form of tmpfs): this file has none of these.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from okamochi.model.backing_service import BackingService
from okamochi.model.finding import Finding, Severity
from okamochi.model.lock import Lock
from okamochi.model.names import dashed
from okamochi.model.plan import Plan
from okamochi.model.process import TMP_BYTES, Process, ProcessType
from okamochi.render.compose import argv_of, environment_of, healthcheck_of
from okamochi.render.compose_backing import LOG, health_of, initial_places, literal, resources, started_as
from okamochi.render.compose_secrets import compose_secrets, names_for, with_password
from okamochi.render.doors import coded_findings
from okamochi.render.orchestrators import is_alone, key_findings
from okamochi.render.rendering import Language, RenderedFile, Rendering, sayer
from okamochi.render.service_containers import container_of, password_name
from okamochi.render.swarm_secrets import FOLDER, secret_files
from okamochi.render.yaml_text import Commented, Node, Yaml, yaml_text

__all__ = ["SwarmRenderer"]


FILE = f"{FOLDER}/stack.yaml"
DATA_LABEL = "okamochi.data"
REPLICAS = 2
HEAD = {
    Language.ENGLISH: """\
Written by okamochi render swarm from the plan of {name}. Edits are kept by the next render.
1. the image:     export OKAMOCHI_IMAGE=$(okamochi push registry.example.com/{name})
2. the secrets:   sh {folder}/secrets.sh{node}
{last}. deploy it:     docker stack deploy --with-registry-auth -c {file} {name}""",
    Language.JAPANESE: """\
okamochi render swarm が {name} の計画から書き出したファイル。手で直しても次の render で残る。
1. イメージ: export OKAMOCHI_IMAGE=$(okamochi push registry.example.com/{name})
2. シークレット: sh {folder}/secrets.sh{node}
{last}. 配備: docker stack deploy --with-registry-auth -c {file} {name}""",
}
NODE = {
    Language.ENGLISH: f"\n3. the volumes:   docker node update --label-add {DATA_LABEL}=true NODE",
    Language.JAPANESE: f"\n3. ボリュームを置くノード: docker node update --label-add {DATA_LABEL}=true NODE",
}
WORDS: dict[str, tuple[str, str]] = {
    "ports": (
        "every node answers on it, on every address: a firewall or a proxy comes in front",
        "すべてのノードのすべてのアドレスで待ち受ける。前段にファイアウォールかプロキシを置く",
    ),
    "update": (
        "a new task is healthy before an old one ends, and one that is not takes all back",
        "新しいタスクが健全になってから古いものを止め、失敗したら元に戻す",
    ),
    "alone": (
        "one at a time: its volume, or the sessions in its memory, cannot be shared",
        "同時に一つだけ。ボリュームやメモリ上のセッションを共有できない",
    ),
    "release": (
        "runs once at each deploy: migrations, under a lock; web is not healthy before it has ended",
        "配備のたびに一度実行（マイグレーション）。終わるまで web は healthy にならない",
    ),
    "dnsrr": (
        "its own address: the virtual one of a service drops connections that are idle for 15 minutes",
        "仮想アドレスは 15 分間使われない接続を切るため、タスク自身のアドレスで",
    ),
    "aside": ("the author keeps these workers aside", "既定では起動しない"),
    "place": ("its volume is on that node", "ボリュームはこのノードにある"),
    "data": ("no way out: databases talk to the app only", "外部へ出られない。DB はアプリとだけ通信"),
    "start": (
        "while the schema is behind, nothing of web's check counts",
        "スキーマが古い間は検査の失敗を数えない",
    ),
}

say = sayer(WORDS)


class SwarmRenderer:
    target = "swarm"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        """Files below swarm/. No value of a secret is in any of them."""
        files = [
            RenderedFile(path=FILE, content=stack(plan, language).encode()),
            *secret_files(plan, language),
        ]
        return Rendering(files=tuple(sorted(files, key=lambda one: one.path)), findings=tuple(findings(plan)))


def stack(plan: Plan, language: Language) -> str:
    plan = replace(plan, domain="")  # a proxy of one's own is not part of a stack
    kept = keeps_data(plan)
    head = HEAD[language].format(
        name=plan.name, folder=FOLDER, file=FILE, node=NODE[language] if kept else "", last=4 if kept else 3
    )
    document: Node = {
        "version": "3.9",
        "services": dict(services(plan, language)),
        "networks": networks(plan, language),
        **volumes(plan),
        **secrets(plan),
        **configs(plan),
    }
    return yaml_text(document, head=head)


def keeps_data(plan: Plan) -> bool:
    return bool(plan.volumes or any(one.volume_path for one in plan.services))


def services(plan: Plan, language: Language) -> Iterator[tuple[str, Yaml]]:
    for process in plan.processes:
        yield process.name, app_service(plan, process, language)
    for service in plan.services:
        yield service.name, backing(service, language)


def app_service(plan: Plan, process: Process, language: Language) -> Node:
    names, web = names_for(plan, process), process.type is ProcessType.WEB
    environment = environment_of(plan, process, names)
    security = plan.security
    return {
        "image": "${OKAMOCHI_IMAGE:?export the name that okamochi push prints}",
        "entrypoint": argv_of(plan, process, names),
        "init": not web,
        **({"environment": environment} if environment else {}),
        **({"ports": Commented(say("ports", language), [port(process)])} if web else {}),
        **asked(plan, process, language),
        "networks": ["edge", *(["data"] if plan.services else [])],
        "user": f"{security.run_as_user}:{security.run_as_group}",
        "read_only": security.read_only_root_filesystem,
        "cap_drop": list(security.drop_capabilities),
        "volumes": mounts(plan),
        **({"secrets": [one for name in names for one in mounted(plan, name)]} if names else {}),
        "stop_signal": process.stop_signal,
        "stop_grace_period": f"{process.stop_grace_seconds}s",
        "deploy": deployed(plan, process, language),
        "logging": LOG,
    }


def port(process: Process) -> str:
    return f"${{OKAMOCHI_PORT:-{process.port}}}:{process.port}"


def asked(plan: Plan, process: Process, language: Language) -> Node:
    """Nothing waits for anything in a Swarm: a long start period gives migrations their time."""
    found = healthcheck_of(process)
    migrates = any(one.type is ProcessType.RELEASE for one in plan.processes)
    node = found["healthcheck"]
    if process.type is ProcessType.WEB and migrates and isinstance(node, dict):
        node["start_period"] = Commented(say("start", language), "300s")
    return found


def deployed(plan: Plan, process: Process, language: Language) -> Node:
    most = process.resources
    sized = resources(most.memory_bytes, most.cpus, most.pids)
    placed = place(language) if plan.volumes else {}
    if process.type is ProcessType.RELEASE:
        mode = Commented(say("release", language), "replicated-job")
        return {
            "mode": mode,
            **placed,
            "restart_policy": {"condition": "on-failure", "delay": "10s", "max_attempts": 30},
            **sized,
        }
    return {
        **replicas(plan, process, language),
        **placed,
        "update_config": update(plan, process, language),
        "rollback_config": {"order": "stop-first" if alone(plan, process) else "start-first"},
        "restart_policy": {"condition": "any", "delay": "5s"},
        **sized,
    }


def alone(plan: Plan, process: Process) -> bool:
    return process.type is not ProcessType.WEB or is_alone(plan, process)


def replicas(plan: Plan, process: Process, language: Language) -> Node:
    if plan.worker_profile and process.type is not ProcessType.WEB:
        return {"replicas": Commented(say("aside", language), 0)}
    if alone(plan, process):
        web = process.type is ProcessType.WEB
        return {"replicas": Commented(say("alone", language), 1) if web else 1}
    return {"replicas": REPLICAS}


def update(plan: Plan, process: Process, language: Language) -> Node:
    if alone(plan, process):
        return {"order": "stop-first", "failure_action": "rollback", "monitor": "90s"}
    order = Commented(say("update", language), "start-first")
    return {"order": order, "failure_action": "rollback", "monitor": "90s"}


def place(language: Language) -> Node:
    where: Node = {"constraints": [f"node.labels.{DATA_LABEL} == true"]}
    return {"placement": Commented(say("place", language), where)}


def mounts(plan: Plan) -> list[Yaml]:
    folders = [("/tmp", plan.tmp_bytes), *((one.path, one.size_bytes) for one in plan.temporary_folders)]
    found: list[Yaml] = [in_memory(path, size) for path, size in folders]
    return found + [f"{volume.name}:{volume.path}" for volume in plan.volumes]


def in_memory(path: str, size_bytes: int) -> Node:
    return {"type": "tmpfs", "target": path, "tmpfs": {"size": size_bytes}}


def mounted(plan: Plan, name: str) -> Iterator[Yaml]:
    """The secret as the file of its name; db_password is db-password, too."""
    user, group = plan.security.run_as_user, plan.security.run_as_group
    for target in dict.fromkeys((name, dashed(name))):
        yield {"source": name, "target": target, "uid": str(user), "gid": str(group), "mode": 0o400}


def backing(service: BackingService, language: Language) -> Node:
    container = container_of(service)
    files: list[Yaml] = [in_memory(one.partition(":")[0], TMP_BYTES) for one in container.tmpfs]
    files += [f"{service.name}-data:{service.volume_path}"] if service.volume_path else []
    name = password_name(service)
    told: Node = {}
    if container.password_variable:
        # its entry point reads it as the server's own user
        told["secrets"] = [{"source": name, "target": name, "mode": 0o444}]
    return {
        **started_as(service),
        **health_of(service),
        "networks": ["data"],
        **({"read_only": True} if container.read_only else {}),
        "cap_drop": ["ALL"],
        **({"cap_add": list(container.capabilities)} if container.capabilities else {}),
        **({"volumes": files} if files else {}),
        **told,
        **({"configs": list(started_with(service))} if service.initial_files else {}),
        "stop_grace_period": "35s",
        "deploy": {
            "replicas": 1,
            "endpoint_mode": Commented(say("dnsrr", language), "dnsrr"),
            **(place(language) if service.volume_path else {}),
            "update_config": {"order": "stop-first"},
            "restart_policy": {"condition": "any", "delay": "5s"},
            **resources(container.memory_bytes, 1.0, 256),
        },
        "logging": LOG,
    }


def config_name(service: BackingService, number: int) -> str:
    return f"{service.name}-{number}"


def started_with(service: BackingService) -> Iterator[Yaml]:
    for number, (_, target) in enumerate(initial_places(service), start=1):
        yield {"source": config_name(service, number), "target": literal(target)}


def networks(plan: Plan, language: Language) -> Node:
    data: Node = {"driver": "overlay", "internal": True}
    return {
        "edge": {"driver": "overlay"},
        **({"data": Commented(say("data", language), data)} if plan.services else {}),
    }


def volumes(plan: Plan) -> Node:
    names = [volume.name for volume in plan.volumes]
    names += [f"{service.name}-data" for service in plan.services if service.volume_path]
    return {"volumes": {name: {} for name in names}} if names else {}


def secrets(plan: Plan) -> Node:
    names = [*compose_secrets(plan), *(password_name(one) for one in with_password(plan.services))]
    found: Node = {name: {"external": True, "name": f"{plan.name}_{name}"} for name in sorted(set(names))}
    return {"secrets": found} if found else {}


def configs(plan: Plan) -> Node:
    found: Node = {}
    for service in plan.services:
        for number, path in enumerate(service.initial_files, start=1):
            found[config_name(service, number)] = {"file": literal(f"../{path}")}
    return {"configs": found} if found else {}


def findings(plan: Plan) -> Iterator[Finding]:
    yield from key_findings(plan, "swarm")
    yield from coded_findings(plan, "swarm", f"{FOLDER}/secrets")
    yield Finding(
        rule="swarm/no-new-privileges",
        severity=Severity.NOTE,
        message="a stack cannot forbid new privileges",
        hint='"no-new-privileges": true in /etc/docker/daemon.json of each node',
        field="security.allow_privilege_escalation",
    )
    if keeps_data(plan):
        yield Finding(
            rule="swarm/volume-on-one-node",
            severity=Severity.WARNING,
            message=f"volumes are folders of one node, which carries the label {DATA_LABEL}=true",
            hint="back them up; a node that is lost takes them along",
            field="volumes",
        )
    if plan.domain:
        yield Finding(
            rule="swarm/no-proxy",
            severity=Severity.NOTE,
            message=f"no proxy for {plan.domain} is part of the stack",
            hint="put one in front, and give web OKAMOCHI_TRUSTED_HOPS and FORWARDED_ALLOW_IPS",
            field="domain",
        )
