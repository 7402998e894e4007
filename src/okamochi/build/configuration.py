"""From plan to image configuration: what a container of the image runs, as whom, and how it is stopped."""

from collections.abc import Iterable

from okamochi import __version__
from okamochi.build.revision import Revision
from okamochi.model.kit_programs import HEALTH_CHECK, health_environment, with_doors
from okamochi.model.labels import labels_of
from okamochi.model.plan import Plan
from okamochi.model.process import Process
from okamochi.oci.image_config import Healthcheck, ImageConfig
from okamochi.oci.platform import Platform

__all__ = ["annotations_of", "image_configuration"]


def image_configuration(plan: Plan, platform: Platform, *, created: str) -> ImageConfig:
    """The web process is the image's entry point; others are started with an entry point of their own."""
    web = plan.web
    environment = {**dict(plan.image_environment), **health_environment(web)}
    return ImageConfig(
        platform=platform,
        created=created,
        user=f"{plan.security.run_as_user}:{plan.security.run_as_group}",
        env=tuple(sorted(environment.items())),
        entrypoint=with_doors(plan, web.argv),
        working_dir=plan.application.working_directory,
        exposed_ports=(f"{web.port}/tcp",) if web.port else (),
        labels=labels_of(plan),
        stop_signal=web.stop_signal,
        healthcheck=healthcheck_of(web),
    )


def healthcheck_of(process: Process) -> Healthcheck | None:
    if process.probe is None:
        return None
    return Healthcheck(
        argv=HEALTH_CHECK, interval_seconds=30, timeout_seconds=5, start_period_seconds=60, retries=3
    )


def annotations_of(plan: Plan, revision: Revision, *, created: str) -> tuple[tuple[str, str], ...]:
    """Annotations of the manifest (image-spec, annotations.md); what is not known is left out."""
    named = {
        "org.opencontainers.image.created": created,
        "org.opencontainers.image.revision": revision.commit,
        "org.opencontainers.image.source": revision.source,
        **dict(labels_of(plan)),
        "io.okamochi.version": __version__,
    }
    return sorted_pairs(named.items())


def sorted_pairs(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in pairs if value))
