"""What Kubernetes, Swarm and ECS alike have to know of a plan: what may be there only once, which values
people must give, and the folder in which they keep secrets.
"""

from collections.abc import Iterator

from okamochi.model.finding import Finding, Severity
from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.model.plan import Plan, ServerInterface
from okamochi.model.process import Process, ProcessType, VariableKind
from okamochi.render.compose_secrets import FOR_RELEASE, compose_secrets, keys_to_give
from okamochi.render.rendering import Language, RenderedFile

__all__ = [
    "PEERS",
    "is_alone",
    "is_wanted",
    "key_findings",
    "optional_secrets",
    "plain_names",
    "secrets_folder",
    "trust",
]

PEERS = "FORWARDED_ALLOW_IPS"
# RFC 1918, RFC 6598, RFC 4193: what clusters and clouds give to what is in them
PRIVATE_NETWORKS = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7"
IGNORED = {
    Language.ENGLISH: "# A file here is a secret: its name is the variable's. Nothing of it is committed.\n",
    Language.JAPANESE: "# ここのファイルは秘密の値。ファイル名が変数名になる。コミットされない。\n",
}


def is_alone(plan: Plan, process: Process) -> bool:
    """Whether there may be no second one of it: a volume that one at a time has, a server whose sessions live
    in its memory, a scheduler."""
    if plan.volumes or process.type is ProcessType.SCHEDULER:
        return True
    own = plan.application.interface is ServerInterface.OWN
    told = dict(plan.image_environment) | dict(process.environment)
    return process.type is ProcessType.WEB and (own or told.get("WEB_CONCURRENCY") == "1")


def trust(plan: Plan, process: Process) -> dict[str, str]:
    """With a domain, the headers of one proxy in front are believed, unless the settings say otherwise."""
    if process.type is not ProcessType.WEB or not plan.domain:
        return {}
    found = {"OKAMOCHI_TRUSTED_HOPS": "1", PEERS: PRIVATE_NETWORKS}
    own = dict(plan.image_environment)
    return {name: value for name, value in found.items() if name not in own}


def plain_names(plan: Plan) -> tuple[str, ...]:
    """Variables that are no secrets, addresses of services without a password among them; sorted."""
    served = {one.name for service in plan.services for one in service.variables if not one.is_secret}
    read = {one.name for one in plan.environment if one.kind is VariableKind.PLAIN}
    return tuple(sorted((read | served) - set(compose_secrets(plan))))


def optional_secrets(plan: Plan) -> tuple[str, ...]:
    """Secrets that the code reads and starts without; those of migrations alone are not for everybody."""
    known = {*compose_secrets(plan), *dict(plan.image_environment)}
    return tuple(
        sorted(
            one.name
            for one in plan.environment
            if one.kind is VariableKind.SECRET
            and not one.holds_path
            and one.name not in known
            and not one.name.startswith(FOR_RELEASE)
        )
    )


def is_wanted(plan: Plan, name: str) -> bool:
    """Whether the app does not start without a value that people give; the image's own counts as one."""
    served = any(
        one.name == name for service in plan.services if service.required for one in service.variables
    )
    given = bool(dict(plan.image_environment).get(name))
    return served or (not given and any(one.name == name and one.required for one in plan.environment))


def key_findings(plan: Plan, target: str) -> Iterator[Finding]:
    """About key files that the app starts without, for a target that mounts nothing that may be missing."""
    for name in keys_to_give(plan):
        yield Finding(
            rule=f"{target}/key-file",
            severity=Severity.NOTE,
            message=f"the key file {name} may be given, and is not handed on here",
            hint=f"mount it as {SECRETS_MOUNT}/{name}, and give {name} that value",
            field=f"environment.{name}",
        )


def secrets_folder(folder: str, language: Language) -> RenderedFile:
    """Of files that people write; what keeps it out of version control."""
    return RenderedFile(path=f"{folder}/.gitignore", content=f"{IGNORED[language]}*\n!.gitignore\n".encode())
