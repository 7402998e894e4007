"""Task definitions for Amazon ECS on Fargate, as `aws ecs register-task-definition --cli-input-json` takes.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html. JSON has no
comments: docs/ecs.md says why each line is there. What only the account knows is written in capitals.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from okamochi.model.finding import Finding, Severity
from okamochi.model.kit_programs import HEALTH_CHECK, command_of, with_doors
from okamochi.model.lock import Lock
from okamochi.model.plan import KIT_ROOT, Plan, ServerInterface
from okamochi.model.process import HeartbeatProbe, Process, ProcessType
from okamochi.model.sizes import MEBIBYTE
from okamochi.render.compose_secrets import compose_secrets, names_for
from okamochi.render.doors import coded_findings
from okamochi.render.orchestrators import (
    is_wanted,
    key_findings,
    optional_secrets,
    plain_names,
    trust,
)
from okamochi.render.process_environment import kit_environment
from okamochi.render.rendering import Language, RenderedFile, Rendering

__all__ = ["SIZES", "EcsRenderer", "size_of"]

Json = dict[str, Any]

FOLDER = "ecs"
ACCOUNT, REGION, TAG = "YOUR-ACCOUNT", "YOUR-REGION", "YOUR-TAG"
KEEPALIVE = "GUNICORN_KEEPALIVE"
BALANCER_IDLE_SECONDS = 60
"""An Application Load Balancer's, unless somebody changed it."""
MOST_STOP_SECONDS, MOST_START_SECONDS = 120, 300
SIZES = (
    (256, (512, 1024, 2048)),
    (512, tuple(range(1024, 4097, 1024))),
    (1024, tuple(range(2048, 8193, 1024))),
    (2048, tuple(range(4096, 16385, 1024))),
    (4096, tuple(range(8192, 30721, 1024))),
    (8192, tuple(range(16384, 61441, 4096))),
    (16384, tuple(range(32768, 122881, 8192))),
)
"""CPU units (1024 are one vCPU) and the MiB of memory that Fargate gives with them."""


class EcsRenderer:
    target = "ecs"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        """A file for each process that stays, below ecs/. No value of a secret is in any of them."""
        files = [
            RenderedFile(path=f"{FOLDER}/{process.name}.json", content=text(task_definition(plan, process)))
            for process in plan.processes
            if process.type is not ProcessType.RELEASE
        ]
        return Rendering(files=tuple(sorted(files, key=lambda one: one.path)), findings=tuple(findings(plan)))


def text(definition: Json) -> bytes:
    return (json.dumps(definition, indent=2, ensure_ascii=False) + "\n").encode()


def task_definition(plan: Plan, process: Process) -> Json:
    """The migrations run first, in containers that may end, under their lock: of tasks that start together
    one migrates, the others wait and have nothing to do."""
    releases = [one for one in plan.processes if one.type is ProcessType.RELEASE]
    before = [{"containerName": one.name, "condition": "SUCCESS"} for one in releases]
    cpu, memory = size_of(process)
    return {
        "family": plan.name if process.type is ProcessType.WEB else f"{plan.name}-{process.name}",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"},
        "cpu": str(cpu),
        "memory": str(memory),
        # who pulls the image and reads the secrets is not who the app is
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{plan.name}-execution",
        "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{plan.name}-task",
        "containerDefinitions": [
            *(container(plan, one, essential=False) for one in releases),
            {
                **container(plan, process, essential=True),
                **({"dependsOn": before} if before else {}),
                **served(process),
            },
        ],
        **volumes(plan),
    }


def size_of(process: Process) -> tuple[int, int]:
    """The smallest that has the memory, and half of the CPU that the process may use at most."""
    memory = math.ceil(process.resources.memory_bytes / MEBIBYTE)
    wanted = process.resources.cpus * 512
    for cpu, sizes in SIZES:
        fitting = [one for one in sizes if one >= memory]
        if cpu >= wanted and fitting:
            return cpu, fitting[0]
    return SIZES[-1][0], SIZES[-1][1][-1]


def container(plan: Plan, process: Process, *, essential: bool) -> Json:
    security = plan.security
    tmp = [{"containerPath": "/tmp", "size": mebibytes(plan.tmp_bytes)}]
    tmp += [{"containerPath": one.path, "size": mebibytes(one.size_bytes)} for one in plan.temporary_folders]
    return {
        "name": process.name,
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{plan.name}:{TAG}",
        "essential": essential,
        "entryPoint": list(with_doors(plan, command_of(process, secrets=False))),
        "command": [],
        "user": f"{security.run_as_user}:{security.run_as_group}",
        "readonlyRootFilesystem": security.read_only_root_filesystem,
        "linuxParameters": {
            "initProcessEnabled": process.type is not ProcessType.WEB,
            "capabilities": {"drop": list(security.drop_capabilities)},
            "tmpfs": [{**one, "mountOptions": ["mode=1777", "noexec", "nosuid", "nodev"]} for one in tmp],
        },
        "environment": [{"name": name, "value": value} for name, value in told(plan, process)],
        "secrets": [{"name": name, "valueFrom": parameter(plan, name)} for name in names_for(plan, process)],
        "mountPoints": [
            {"sourceVolume": one.name, "containerPath": one.path, "readOnly": False} for one in plan.volumes
        ],
        "stopTimeout": min(process.stop_grace_seconds, MOST_STOP_SECONDS),
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": f"/ecs/{plan.name}",
                "awslogs-region": REGION,
                "awslogs-stream-prefix": process.name,
                "awslogs-create-group": "true",
                # a log service that is away must not stop the app
                "mode": "non-blocking",
                "max-buffer-size": "4m",
            },
        },
        "versionConsistency": "enabled",
    }


def parameter(plan: Plan, name: str) -> str:
    return f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{plan.name}/{name}"


def mebibytes(size_bytes: int) -> int:
    return max(1, size_bytes // MEBIBYTE)


def told(plan: Plan, process: Process) -> list[tuple[str, str]]:
    found = kit_environment(plan, process) | dict.fromkeys(wanted(plan), "SET-ME")
    return sorted((found | kept_open(plan, process) | trust(plan, process)).items())


def kept_open(plan: Plan, process: Process) -> dict[str, str]:
    """A load balancer sends requests into connections that it holds; ours must not be closed before its."""
    ours = f"{KIT_ROOT}/gunicorn.conf.py" in process.argv and KEEPALIVE not in dict(plan.image_environment)
    return {KEEPALIVE: str(BALANCER_IDLE_SECONDS + 5)} if ours else {}


def wanted(plan: Plan) -> tuple[str, ...]:
    return tuple(name for name in plain_names(plan) if is_wanted(plan, name))


def served(process: Process) -> Json:
    """ECS does not look at an image's own check."""
    checked = {
        "command": ["CMD", *HEALTH_CHECK],
        "interval": 30 if isinstance(process.probe, HeartbeatProbe) else 10,
        "timeout": 5,
        "retries": 3,
        "startPeriod": MOST_START_SECONDS,
    }
    if process.type is not ProcessType.WEB:
        return {"healthCheck": checked} if isinstance(process.probe, HeartbeatProbe) else {}
    port = {"name": "http", "containerPort": process.port, "protocol": "tcp", "appProtocol": "http"}
    return {"portMappings": [port], "healthCheck": checked}


def volumes(plan: Plan) -> Json:
    found = [
        {
            "name": one.name,
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-YOUR-FILESYSTEM",
                "transitEncryption": "ENABLED",
                "authorizationConfig": {"accessPointId": "fsap-YOUR-ACCESSPOINT", "iam": "ENABLED"},
            },
        }
        for one in plan.volumes
    ]
    return {"volumes": found} if found else {}


def findings(plan: Plan) -> Iterator[Finding]:
    yield from coded_findings(plan, "ecs")
    yield Finding(
        rule="ecs/placeholders",
        severity=Severity.NOTE,
        message="what only your account knows is written in capitals: YOUR-ACCOUNT, YOUR-REGION, YOUR-TAG",
        hint="docs/ecs.md fills them in with sed",
    )
    may_be_secret = optional_secrets(plan)
    for name in wanted(plan):
        otherwise = ", or with a password in it give it as a secret"
        yield Finding(
            rule="ecs/value-wanted",
            severity=Severity.WARNING,
            message=f"{name} has no value yet",
            hint=f"replace SET-ME in {FOLDER}/*.json{otherwise if name in may_be_secret else ''}",
            field=f"environment.{name}",
        )
    for name in compose_secrets(plan):
        as_file = any(one.name == name and (one.as_file or one.holds_path) for one in plan.environment)
        yield Finding(
            rule="ecs/secret-as-file" if as_file else "ecs/secret-wanted",
            severity=Severity.ERROR if as_file else Severity.NOTE,
            message=f"the code reads {name} from a file, and ECS gives secrets as variables only"
            if as_file
            else f"the secret {name} is a parameter of Systems Manager",
            hint="let the code read the variable, too"
            if as_file
            else f"aws ssm put-parameter --type SecureString --name /{plan.name}/{name} --value file://FILE",
            field=f"environment.{name}",
        )
    yield from may_be_given(plan, may_be_secret)
    yield from key_findings(plan, "ecs")
    for one in plan.services:
        yield Finding(
            rule="ecs/service-outside",
            severity=Severity.NOTE,
            message=f"{one.name} ({one.image}) is not part of it",
            hint="RDS, ElastiCache, Amazon MQ or S3, in the same network",
            field=f"services.{one.name}",
        )
    if plan.volumes:
        yield Finding(
            rule="ecs/volume",
            severity=Severity.WARNING,
            message="volumes are on EFS, which SQLite must not lie on: its locks do not hold there",
            hint="keep data in a database and files in S3; else replace YOUR-FILESYSTEM and YOUR-ACCESSPOINT",
            field="volumes",
        )
    if plan.application.interface is ServerInterface.OWN:
        yield Finding(
            rule="ecs/one-task",
            severity=Severity.WARNING,
            message="its sessions live in the memory of one process",
            hint="desired count 1, or sticky sessions at the load balancer",
            field="application",
        )


def may_be_given(plan: Plan, secrets: tuple[str, ...]) -> Iterator[Finding]:
    """About what the app starts without. JSON has no comments, and an empty value is not the same as none."""
    own = dict(plan.image_environment)
    values = [name for name in plain_names(plan) if not is_wanted(plan, name) and name not in own]
    for what, names, where in (
        ("values", values, f'add {{"name": NAME, "value": VALUE}} to "environment" in {FOLDER}/*.json'),
        (
            "secrets",
            secrets,
            f'add {{"name": NAME, "valueFrom": "{parameter(plan, "NAME")}"}} to "secrets" in {FOLDER}/*.json',
        ),
    ):
        if names:
            yield Finding(
                rule=f"ecs/optional-{what}",
                severity=Severity.NOTE,
                message=f"{what} that may be given: {', '.join(names)}",
                hint=where,
                field="environment",
            )
