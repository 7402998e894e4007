"""What runs in the image: processes, their environment, and what sets the data up on request."""

import msgspec

from okamochi.detect.app_data import AppData
from okamochi.detect.base import Detected
from okamochi.detect.data.alembic_address import with_the_apps_address
from okamochi.detect.data.hand_made import hand_made, made_by_command, offered_by_hand
from okamochi.detect.data.own_start import made_by_extension, own_start
from okamochi.detect.data.setup_commands import setup_commands
from okamochi.detect.frameworks.debug_off import debug_off
from okamochi.detect.frameworks.run_at_import import PASSED_OVER, unguarded_calls
from okamochi.detect.services.loopback_services import doors_environment
from okamochi.detect.serving.asks_itself import asks_itself
from okamochi.detect.serving.below_main import below_main
from okamochi.detect.serving.health import choose_probe
from okamochi.detect.serving.web_process import PORT, web_process
from okamochi.detect.understanding import Understood
from okamochi.detect.variables.config_object import config_object
from okamochi.detect.variables.dynaconf_environment import dynaconf_environment
from okamochi.detect.variables.image_environment import (
    choose_image_environment,
    django_environment,
    import_roots,
    of_official_images,
    roots_of_a_script,
    roots_of_flask,
    roots_of_old_flask,
    with_django_settings,
    with_module_path,
)
from okamochi.detect.variables.secrets_in_settings import refuse_secrets_in_settings
from okamochi.detect.variables.stated_environment import stated_environment
from okamochi.detect.workers.processes import other_processes
from okamochi.model.evidence import Decision
from okamochi.model.kit_programs import BELOW_MAIN
from okamochi.model.plan import (
    APP_ROOT,
    PACKAGES_ROOT,
    Framework,
    ServerInterface,
    SetupCommand,
)
from okamochi.model.process import Process, ProcessType

__all__ = ["running_of"]


class Running(msgspec.Struct, frozen=True):
    """`setups` are run when somebody asks for it."""

    processes: tuple[Process, ...]
    decisions: tuple[Decision, ...]
    setups: tuple[SetupCommand, ...]
    image_environment: tuple[tuple[str, str], ...]
    image_decisions: tuple[Decision, ...]
    loads_no_route: bool

    @property
    def web(self) -> Process:
        return next(one for one in self.processes if one.type is ProcessType.WEB)

    @property
    def has_release(self) -> bool:
        return any(one.type is ProcessType.RELEASE for one in self.processes)

    @property
    def migrates(self) -> bool:
        """As Flask-Migrate, Alembic and Django do it; a release process can make tables without any."""
        verbs = {"upgrade", "migrate"}
        return any(
            one.type is ProcessType.RELEASE and not verbs.isdisjoint(one.argv) for one in self.processes
        )


def running_of(found: Understood, data: AppData) -> Running:
    objects, reached, candidate = found.objects, found.reached, found.entry.candidate
    chosen_probe = choose_probe(
        objects, reached, found.chosen, own=found.server.probe, host=found.django.host
    )
    image_environment, image_decisions = _image_environment(found, data)
    web, web_decisions = web_process(
        found.server, chosen_probe.probe, found.chosen, lambda: asks_itself(found.sources, reached.paths)
    )
    processes, process_decisions = other_processes(
        found, data.services.redis_variable, lambda: _tables_by_hand(found, shipped=bool(data.shipped))
    )
    processes, process_decisions = with_the_apps_address(
        processes, process_decisions, data.services.services, found.sources
    )
    setups, setup_decisions = setup_commands(
        found.sources,
        found.pyproject,
        candidate.framework,
        offered_by_hand(objects, reached),
        ini=candidate.ini,
    )
    settings = found.django.module if candidate.framework is Framework.DJANGO else ""
    others = (with_django_settings(with_module_path(one, image_environment), settings) for one in processes)
    return Running(
        (web, *others),
        (*web_decisions, *chosen_probe.decisions, *process_decisions, *setup_decisions),
        setups,
        image_environment,
        image_decisions,
        chosen_probe.no_route,
    )


def _image_environment(
    found: Understood, data: AppData
) -> tuple[tuple[tuple[str, str], ...], tuple[Decision, ...]]:
    """Variables of the image; the decisions about them and about those that files of the project state."""
    objects, reached, entry, chosen = found.objects, found.reached, found.entry, found.chosen
    refuse_secrets_in_settings(chosen, data.environment)
    stated, stated_decisions = stated_environment(
        found.project,
        data.environment,
        data.served | frozenset(chosen.settings.env or {}),
        config_object(objects, reached),
    )
    below = below_main(found.sources, entry.candidate).variable
    roots = (
        *import_roots(objects, entry, reached),
        *roots_of_old_flask(entry, found.dependencies),
        *roots_of_a_script(found.sources, entry),
        *roots_of_flask(objects, entry),
        *((PACKAGES_ROOT,) if below or found.sources.root_package is not None else ()),
    )
    of_dynaconf, dynaconf_decisions = dynaconf_environment(found.sources, reached.paths)
    values = (
        *of_dynaconf,
        *stated,
        *found.server.environment,
        *(PASSED_OVER if unguarded_calls(objects, found.imported) else ()),
        *django_environment(found.django),
        *debug_off(
            found.sources,
            found.django,
            reached.paths,
            {one.name for one in data.environment if one.required},
        ),
        *of_official_images(found.sources, reached, found.python.version),
        *found.static.environment,
        *found.served_static.environment,
        *((("OKAMOCHI_PACKAGE", APP_ROOT),) if found.sources.root_package is not None else ()),
        *doors_environment(data.services.services),
        *(((BELOW_MAIN, below),) if below else ()),
        ("PORT", str(found.server.port or chosen.settings.port or PORT)),
    )
    environment, decisions = choose_image_environment(roots, entry, data.volumes, chosen, values)
    return environment, (*decisions, *stated_decisions, *dynaconf_decisions)


def _tables_by_hand(found: Understood, *, shipped: bool) -> Detected[tuple[str, ...]] | None:
    """What makes the tables where neither migrations nor a command of the project do."""
    objects, reached, candidate = found.objects, found.reached, found.entry.candidate
    if candidate.interface is ServerInterface.OWN:
        return None  # it is run as its author runs it
    made = own_start(objects, reached.paths) or (None if shipped else hand_made(objects, reached))
    if made is not None or shipped or candidate.framework is not Framework.FLASK:
        return made
    return made_by_extension(objects, reached.paths, candidate) or made_by_command(objects, reached)
