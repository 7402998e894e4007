"""What the app reads and writes: variables, folders, databases that the project ships, services."""

import msgspec
from packaging.version import Version

from okamochi.detect.data.shipped_databases import (
    patterns_for,
    shipped_databases,
    still_shipped,
)
from okamochi.detect.data.volumes import ChosenVolumes, choose_volumes
from okamochi.detect.data.writable_folders import Written, flask_folders, writes
from okamochi.detect.files.ignore import exclude_patterns
from okamochi.detect.files.mounted_folders import mounted_folders
from okamochi.detect.frameworks.nicegui import kept_by_nicegui
from okamochi.detect.frameworks.pyramid import kept_by_pyramid
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.packages.pinned import stays_below
from okamochi.detect.services.django_sqlite import sqlite_by_default
from okamochi.detect.services.found import ChosenServices, choose_services
from okamochi.detect.services.only_sqlite import only_sqlite
from okamochi.detect.understanding import Understood
from okamochi.detect.variables.environment import environment_of
from okamochi.detect.variables.key_files import KeyFiles, key_files
from okamochi.detect.variables.stated_secrets import stated_secrets
from okamochi.model.backing_service import ServiceKind
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.process import EnvironmentVariable

__all__ = ["AppData", "app_data"]

# https://flask-sqlalchemy.readthedocs.io/en/stable/changes/#version-3-0-0
NEEDS_OF_EXTENSION_3 = (("flask-sqlalchemy", "3"), ("flask", "2.2"), ("sqlalchemy", "1.4.18"))
DATABASES = frozenset({ServiceKind.POSTGRES, ServiceKind.MYSQL, ServiceKind.MARIADB})


class AppData(msgspec.Struct, frozen=True):
    """`written` are folders and files that the code writes, `shipped` the databases of the project itself."""

    environment: tuple[EnvironmentVariable, ...]
    environment_decisions: tuple[Decision, ...]
    keys: KeyFiles
    volumes: ChosenVolumes
    written: tuple[Written, ...]
    shipped: tuple[Evidence, ...]
    services: ChosenServices

    @property
    def served(self) -> frozenset[str]:
        """Variables that lead to services."""
        return frozenset(one.name for service in self.services.services for one in service.variables)


def app_data(found: Understood) -> AppData:
    objects, reached = found.objects, found.reached
    environment, decisions = environment_of(objects, reached, _own_names(found))
    written = (
        *found.static.not_filled_here(_written(found)),
        *only_sqlite(found.sources, environment, found.dependencies),
        *sqlite_by_default(objects, found.django, found.dependencies.names),
    )
    services = choose_services(found.sources, reached, found.dependencies, found.chosen, found.name)
    has_database = any(one.required and one.kind in DATABASES for one in services.services)
    volumes = choose_volumes(found.sources, written, found.chosen, has_database=has_database)
    shipped = _shipped(found, written)
    keys = key_files(objects, reached, environment)
    secrets = stated_secrets(found.project, found.sources, keys.environment, services.services)
    replaced = {one.field for one in keys.decisions}
    kept = (one for one in decisions if one.field not in replaced)
    decisions = (*kept, *keys.decisions, *secrets.decisions)
    services = ChosenServices(secrets.services, services.decisions).needed_by(secrets.environment)
    return AppData(secrets.environment, decisions, keys, volumes, written, shipped, services)


def _own_names(found: Understood) -> tuple[str, ...]:
    return (found.name, found.entry.candidate.module.split(".")[0])


def _written(found: Understood) -> tuple[Written, ...]:
    objects, candidate = found.objects, found.entry.candidate
    folders = flask_folders(objects, candidate)
    extension = any(
        "flask_sqlalchemy" in module.text for module in found.sources.mentioning("flask_sqlalchemy")
    )
    relative = ""
    if extension:
        old = _is_old_sqlalchemy_extension(found.dependencies)
        relative = folders.root_path if old else folders.instance_path
    written = writes(objects, found.reached, folders, relative_sqlite=relative)
    of_the_framework = kept_by_nicegui(found.sources, candidate)
    of_settings = kept_by_pyramid(found.sources, candidate)
    return (*written, *of_the_framework, *of_settings, *mounted_folders(found.project))


def _shipped(found: Understood, written: tuple[Written, ...]) -> tuple[Evidence, ...]:
    shipped = shipped_databases(found.sources, found.reached, written)
    if not shipped:
        return ()
    excluded, _ = exclude_patterns(found.project, found.chosen, patterns_for(shipped))
    return still_shipped(shipped, excluded)


def _is_old_sqlalchemy_extension(dependencies: ChosenDependencies) -> bool:
    """Before 3.0, Flask-SQLAlchemy took relative SQLite paths from the app's root path. Where nothing says
    its version, what 3.0 needs does: Flask 2.2 and SQLAlchemy 1.4.18."""
    return any(stays_below(dependencies, name, Version(first)) for name, first in NEEDS_OF_EXTENSION_3)
