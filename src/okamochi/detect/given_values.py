"""What settings say where nothing else does: the plan's name, domain, profile of workers, object."""

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.packages.pyproject import PATH as PYPROJECT
from okamochi.detect.packages.pyproject import Pyproject
from okamochi.detect.serving.entrypoint import WantedObject
from okamochi.errors import UsageError
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.names import normalized_name
from okamochi.model.plan import PROXY_PROFILE
from okamochi.model.process import TMP_BYTES
from okamochi.model.sizes import MEBIBYTE, parse_size
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["domain_of", "name_of", "of_a_setting", "size_of_tmp", "wanted_object", "worker_profile"]

DOMAIN = regex(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}|localhost")
PROFILE = regex(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")


def domain_of(chosen: ChosenSettings) -> str:
    """The domain that the setting names, "" for none. UsageError for what is no domain."""
    wanted = (chosen.settings.domain or "").strip().rstrip(".").lower()
    if wanted and DOMAIN.fullmatch(wanted) is None:
        raise UsageError(
            f"{wanted!r} is no domain",
            where=chosen.where("domain"),
            hint="write the name alone, without https:// and without a path: example.org",
        )
    return wanted


def worker_profile(chosen: ChosenSettings) -> str:
    """The Compose profile of workers, "" for none. UsageError for what cannot be one."""
    wanted = chosen.settings.worker_profile or ""
    if wanted and (PROFILE.fullmatch(wanted) is None or wanted == PROXY_PROFILE):
        raise UsageError(
            f"{wanted!r} cannot be the profile of workers",
            where=chosen.where("worker-profile"),
            hint=f"letters, digits, dots, dashes and underscores; {PROXY_PROFILE} is the proxy's",
        )
    return wanted


def size_of_tmp(chosen: ChosenSettings, memory_bytes: int) -> tuple[int, Decision]:
    """Of /tmp. UsageError where it alone could fill the memory of the container that it is in."""
    wanted = chosen.settings.tmp
    where = f"{chosen.where('tmp')}: tmp"
    size = TMP_BYTES if wanted is None else parse_size(wanted, where=where)
    if wanted is not None and not MEBIBYTE <= size < memory_bytes:
        raise UsageError(
            f"/tmp cannot have {wanted}: it is in memory, of which a container has "
            f"{memory_bytes // MEBIBYTE} MiB",
            where=where,
            hint="write 1M or more, and let memory be larger than tmp; what has to be kept, or is large, "
            "belongs into a volume (volumes)",
        )
    shown = f"{size // MEBIBYTE} MiB for /tmp, of the memory"
    return size, of_a_setting("tmp_bytes", shown, "tmp", chosen, "enough for uploads on their way")


def wanted_object(chosen: ChosenSettings) -> WantedObject | None:
    """The object that the setting entrypoint names, and where that is said."""
    reference = chosen.settings.entrypoint
    if reference is None:
        return None
    return WantedObject(reference, chosen.origin("entrypoint"), chosen.place("entrypoint"))


def of_a_setting(field: str, summary: str, key: str, chosen: ChosenSettings, reason: str) -> Decision:
    """The decision about a value that only a setting changes."""
    if key in chosen.origins:
        return Decision(
            field=field, summary=summary, origin=chosen.origin(key), evidence=(chosen.place(key),)
        )
    evidence = (Evidence(path="", reason=reason),)
    return Decision(field=field, summary=summary, origin=Origin.DEFAULT, evidence=evidence)


def name_of(project: ProjectFiles, pyproject: Pyproject, chosen: ChosenSettings) -> tuple[str, Decision]:
    wanted = chosen.settings.name
    if wanted is not None:
        if not normalized_name(wanted):
            raise UsageError(
                f"the setting name has no letter or digit: {wanted!r}",
                where=chosen.where("name"),
                hint="write a name of letters, digits and hyphens",
            )
        return normalized_name(wanted), _name_decision(wanted, chosen.origin("name"), chosen.place("name"))
    own = pyproject.string("name")
    if normalized_name(own):
        line = pyproject.line_of("name")
        evidence = Evidence(path=PYPROJECT, line=line, reason="project.name")
        return normalized_name(own), _name_decision(own, Origin.DETECTED, evidence)
    folder = project.root.name if project.root is not None else ""
    found = normalized_name(folder) or "app"
    return found, _name_decision(found, Origin.DEFAULT, Evidence(path="", reason="the folder's name"))


def _name_decision(name: str, origin: Origin, evidence: Evidence) -> Decision:
    return Decision(
        field="name", summary=f"named {normalized_name(name)}", origin=origin, evidence=(evidence,)
    )
