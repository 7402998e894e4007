"""What an app connects to: databases, queues, caches, mail, object stores (twelve-factor, IV)."""

from enum import StrEnum

import msgspec

__all__ = ["LOOPBACK_PREFIX", "BackingService", "ServiceKind", "ServiceVariable"]


LOOPBACK_PREFIX = "OKAMOCHI_LOOPBACK_"
"""How the names of variables begin that say where a door on the app's loopback leads: a port follows."""


class ServiceKind(StrEnum):
    """REDIS stands for its protocol: a Redis or a Valkey serves it; S3 likewise; MAIL is an SMTP server."""

    POSTGRES = "postgres"
    MYSQL = "mysql"
    MARIADB = "mariadb"
    REDIS = "redis"
    MEMCACHED = "memcached"
    RABBITMQ = "rabbitmq"
    MONGODB = "mongodb"
    MAIL = "mail"
    S3 = "s3"


class ServiceVariable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable that tells the app's processes how to reach the service.

    `template` holds {host} {port} {user} {password} {database}, as str.format takes them:
    "postgresql+psycopg://{user}:{password}@{host}:{port}/{database}". With {password} in it the value is a
    secret and reaches the app as one.
    """

    name: str
    template: str

    @property
    def is_secret(self) -> bool:
        return "{password}" in self.template

    @property
    def leads(self) -> bool:
        """Whether it says where the service is."""
        return "{host}" in self.template


class BackingService(msgspec.Struct, frozen=True, kw_only=True):
    """One service of the stack. `name` is its host name for the app ("db"); `image` a reference with a tag.

    `database` is the part of the server that the app uses, of RabbitMQ a virtual host, "" for "/".
    `volume_path` is the folder inside the service's container that is kept, "" when nothing is.
    `initial_files` are files of the project (init.sql) that the service runs once, on an empty volume.
    `required` is false for one that the app starts without. `published_port` is a port on this machine's
    loopback that leads to it, 0 for none. `buckets` are made once in an object store, which answers requests
    that are signed for `region`. `is_open`: it asks nobody for a password, as code that has its address fixed
    has none; `password_in` is the line of code that has it ("app.py:12"), "" for one that is made up.
    """

    kind: ServiceKind
    name: str
    image: str
    port: int
    volume_path: str = ""
    user: str = ""
    database: str = ""
    variables: tuple[ServiceVariable, ...] = ()
    initial_files: tuple[str, ...] = ()
    required: bool = True
    published_port: int = 0
    buckets: tuple[str, ...] = ()
    region: str = ""
    is_open: bool = False
    password_in: str = ""

    @property
    def has_door(self) -> bool:
        """Whether the code looks for it on its own machine, and a door of the loopback leads to it."""
        return any(one.name.startswith(LOOPBACK_PREFIX) for one in self.variables)

    @property
    def is_named_by_code(self) -> bool:
        """Whether no variable leads to it: the code itself names its host."""
        return not self.has_door and not any(one.leads for one in self.variables)

    def value_of(self, variable: ServiceVariable, *, password: str = "") -> str:
        """The variable's template with this service's address filled in."""
        return variable.template.format(
            host=self.name, port=self.port, user=self.user, password=password, database=self.database
        )
