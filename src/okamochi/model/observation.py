"""What was seen of a running container: facts, and no judgement. Everything that was tried is told."""

import msgspec

__all__ = ["Attempt", "Inside", "Life", "Limits", "Observation", "Outside", "SeenProcess", "Stop", "Traffic"]


class SeenProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A line of /proc: see proc_pid_status(5). `capabilities` is the union of all five sets, `seccomp` the
    mode (2 is a filter)."""

    pid: int
    parent: int
    command: str = ""
    user: int = -1
    group: int = -1
    groups: tuple[int, ...] = ()
    capabilities: int = -1
    no_new_privileges: bool = False
    seccomp: int = -1


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was made in a folder, and removed again; `error` is the name of what the kernel said
    ("EROFS"), "" when it was made."""

    path: str
    error: str = ""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of the control group; 0 where there is no limit, or none that can be read."""

    memory_bytes: int = 0
    cpus: float = 0
    pids: int = 0


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """What a program saw that ran inside as the app's user.

    `programs` are shells, package managers and downloaders that lie where programs lie. `privileged` are
    files with the set-user-ID or set-group-ID bit. `writable` are files and folders of the image that this
    user owns or may write. `files` counts what was looked at. `temporary_bytes` is the size of /tmp, 0 when
    that is no file system of its own."""

    processes: tuple[SeenProcess, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    limits: Limits = Limits()
    programs: tuple[str, ...] = ()
    privileged: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    files: int = 0
    temporary_bytes: int = 0


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine and this machine say. `changed` are paths of the image that differ in the container,
    None where the engine does not tell. `published` are the addresses that the port is published on;
    `open_at` addresses of this machine, beside loopback, at which it answers, `asked_at` those that were
    asked. `told` are the places ("image", "log", "docker inspect") in which a value of a secret was found,
    `looked_for` how many values were looked for, `looked_in` where."""

    health: str = ""
    changed: tuple[str, ...] | None = None
    published: tuple[str, ...] = ()
    open_at: tuple[str, ...] = ()
    asked_at: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    looked_for: int = 0
    looked_in: tuple[str, ...] = ()


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of a page, many at a time: the number of answers by status, and of those that ended without
    one. `refused` could not connect."""

    answers: tuple[tuple[int, int], ...] = ()
    refused: int = 0
    broken: int = 0
    seconds: float = 0

    @property
    def answered(self) -> int:
        return sum(count for _, count in self.answers)

    @property
    def failing(self) -> int:
        return sum(count for status, count in self.answers if status >= 500)


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A stop while requests came in. `exit_code` is process 1's; 137 is a kill."""

    seconds: float
    exit_code: int
    traffic: Traffic = Traffic()


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to the container. None: it was not tried; `untried` has (what, why).

    `replaced_seconds`: after one worker was killed, until another one was there (-1: none came), with what
    the page answered meanwhile. `noticed`: the health check failed while all workers stood still. `kept`:
    what was written to each volume before a stop was there after the start. `migrated_again`: each release
    process, run again, and how it ended."""

    untried: tuple[tuple[str, str], ...] = ()
    workers: tuple[int, ...] = ()
    replaced_seconds: float | None = None
    replaced_traffic: Traffic = Traffic()
    noticed: bool | None = None
    stop: Stop | None = None
    kept: tuple[tuple[str, bool], ...] | None = None
    healthy_again: bool | None = None
    migrated_again: tuple[tuple[str, int], ...] = ()


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `engine` is its name, `missing` what it says that it cannot give; `healthy` what the health
    check says when it is run, `page` the status of /, 0 for no answer."""

    engine: str
    missing: tuple[str, ...] = ()
    image_digest: str = ""
    inside: Inside = Inside()
    outside: Outside = Outside()
    healthy: bool = False
    page: int = 0
    traffic: Traffic = Traffic()
    life: Life = Life()
