"""The web application of a plan, and why it is that one."""

from okamochi.detect.frameworks.classes import OF_THEIR_OWN, title_of
from okamochi.detect.serving.entrypoint import EntryPoint
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.root_package import RootPackage
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.plan import ServerInterface, WebApplication

__all__ = ["application_decisions", "application_of"]


def application_of(
    entry: EntryPoint,
    own: RootPackage | None,
    *,
    parses_arguments: bool = False,
    starts_inside: bool = False,
) -> WebApplication:
    """As the plan holds it; `own` is what the project's folder is imported as."""
    return WebApplication(
        framework=entry.candidate.framework,
        interface=entry.candidate.interface,
        object_reference=entry.candidate.object_reference,
        script=entry.candidate.path if entry.candidate.interface is ServerInterface.OWN else "",
        import_root=entry.candidate.import_root,
        package=own.name if own is not None else "",
        parses_arguments=parses_arguments,
        starts_inside=starts_inside,
    )


def application_decisions(entry: EntryPoint, own: RootPackage | None) -> tuple[Decision, ...]:
    """About the framework, the object that the server loads, and where modules are imported from."""
    candidate = entry.candidate
    root = candidate.import_root
    path, line = candidate.origin
    evidence = Evidence(path=path, line=line, reason=_how_it_shows(candidate))
    place = f"the folder {root}" if root else "the project's folder"
    imported = Evidence(path=candidate.path, reason=f"is {candidate.module} below {place}")
    return (
        Decision.detected("application.framework", _framework_summary(candidate), (evidence,)),
        Decision(
            field="application.object_reference",
            summary=f"the server loads {candidate.label}",
            origin=entry.origin,
            evidence=tuple(dict.fromkeys((*entry.evidence, *entry.notes))),
        ),
        Decision(
            field="application.import_root",
            summary=f"modules are imported from {place}",
            origin=Origin.DETECTED if root else Origin.DEFAULT,
            evidence=(imported,),
        ),
        *_package_decisions(own),
    )


def _package_decisions(own: RootPackage | None) -> tuple[Decision, ...]:
    if own is None:
        return ()
    summary = f"the project's folder is the package {own.name}, and is imported under that name"
    return (Decision.detected("application.package", summary, (own.evidence,)),)


def _how_it_shows(candidate: Candidate) -> str:
    if candidate.interface is not ServerInterface.OWN:
        known = candidate.line != 0  # else it is believed to be what a server's command line says
        return f"makes {candidate.class_name}(...)" if known else f"has {candidate.name}, which is loaded"
    if "." in candidate.class_name:
        return f"calls {candidate.class_name}(...)"
    return f"a script of {candidate.class_name}"


def _framework_summary(candidate: Candidate) -> str:
    if candidate.interface is ServerInterface.OWN:
        how = "its own server"
    elif candidate.framework in OF_THEIR_OWN:
        how = "an interface of its own"
    else:
        how = candidate.interface.value.upper()
    return f"{title_of(candidate.framework, candidate.interface)} ({how})"
