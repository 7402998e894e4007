"""The exception tree.

    OkamochiError 1
    ├─ UsageError 2        wrong arguments or settings
    ├─ DetectionError 3    the project is not understood
    │  └─ AmbiguousError   several answers that evidence cannot rank
    ├─ PlanError 4         understood, but impossible as planned
    │  ├─ UnfitPythonError what is pinned has nothing for this Python; for another it may have
    │  └─ ConflictError    what is asked for contradicts itself
    ├─ BuildError 5        the image cannot be made
    ├─ RegistryError 6     a download or a registry failed
    │  └─ AlteredError     what came is not what was announced
    ├─ EngineError 7       docker, podman or the host engine failed
    └─ UnhealthyError 8    the app started but did not become healthy
    TransientError         mixin: trying again later may help, exit code 75

Library code raises; only `okamochi.cli.main` catches, prints and exits.
"""

__all__ = [
    "AlteredError",
    "AmbiguousError",
    "BuildError",
    "ConflictError",
    "DetectionError",
    "EngineError",
    "OkamochiError",
    "PlanError",
    "RegistryError",
    "TransientError",
    "TransientRegistryError",
    "UnfitPythonError",
    "UnhealthyError",
    "UnreachableRegistryError",
    "UsageError",
]


class OkamochiError(Exception):
    """What happened (`message`), where (`where`: file, line, field, URL), and what to do (`hint`).

    `details` are further lines to show below, such as the end of a log or a list of candidates.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str, where: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where
        self.details = details


class UsageError(OkamochiError):
    exit_code = 2


class DetectionError(OkamochiError):
    exit_code = 3


class AmbiguousError(DetectionError):
    """Several answers; `details` list each with its evidence, `hint` names the setting that chooses."""


class PlanError(OkamochiError):
    exit_code = 4


class UnfitPythonError(PlanError):
    """A package has no wheel for the plan's Python, or says itself that it does not run on it. `packages` are
    those without a wheel, as requirements: "mysqlclient==2.2.7", or the name alone. `pinned` are those of
    them that the project itself asks for in that version and no other."""

    packages: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()


class ConflictError(PlanError):
    """The requirements cannot be satisfied together, whichever Python is taken; `details` explain why."""


class BuildError(OkamochiError):
    exit_code = 5


class RegistryError(OkamochiError):
    exit_code = 6


class AlteredError(RegistryError):
    """Other bytes or another size than was announced: no network trouble, and no matter of waiting."""


class EngineError(OkamochiError):
    exit_code = 7


class UnhealthyError(OkamochiError):
    """`unwritable` is the path that the app could not write, if that is why; `log` is how its log ends;
    `process` the name of the process that failed, when it was not web; `port_taken`: whether it could not
    listen on its port of this machine, which somebody else had."""

    exit_code = 8
    unwritable = ""
    log = ""
    process = ""
    port_taken = False


class TransientError(OkamochiError):
    exit_code = 75


class TransientRegistryError(TransientError, RegistryError):
    """A download failed in a way that may pass: time-outs, connection resets, 429, 5xx, no network."""


class UnreachableRegistryError(TransientRegistryError):
    """Nobody answered at all: no name, no connection, no proxy. Where there is no network, none ever will."""
