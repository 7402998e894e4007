"""What docker's and podman's command lines have in common."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from okamochi.errors import EngineError
from okamochi.model.process import Process, ProcessType, Volume
from okamochi.run.compose import stack_label
from okamochi.run.container_flags import (
    bind_flags,
    environment_flags,
    port_flags,
    secrets_flags,
    security_flags,
    trial_folder,
)
from okamochi.run.inspected import all_running
from okamochi.run.no_answer import require_answer
from okamochi.run.ports import taken_port_error
from okamochi.run.spec import APP_LABEL, ContainerState, EngineFacts, Running, RunSpec, Trial, aside_name
from okamochi.system.process import Completed, Runner

if TYPE_CHECKING:
    from typing import BinaryIO

    from okamochi.oci.image import Image
    from okamochi.oci.reference import Reference
    from okamochi.run.compose_program import ComposeProgram

__all__ = ["CommandLineEngine"]

VOLUME_LABEL = "com.docker.compose.volume"
ONE_OFF = Process(name="one-off", type=ProcessType.RELEASE, argv=())
ONCE_SECONDS = 900
BACK_GRACE_SECONDS = 35
NAME_TAKEN = "already in use by"


@dataclass(frozen=True)
class CommandLineEngine:
    """`environ` is what the engine's program itself runs with."""

    runner: Runner
    environ: Mapping[str, str]

    # What makes it write the archive that docker writes.
    save_flags: ClassVar[tuple[str, ...]] = ()
    restart: ClassVar[str] = "unless-stopped"

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def composes(self) -> bool:
        raise NotImplementedError

    def compose(self) -> "ComposeProgram":
        raise NotImplementedError

    def facts(self) -> EngineFacts:
        raise NotImplementedError

    def limit_flags(self, spec: RunSpec) -> tuple[str, ...]:
        """Memory, CPU and process limits, as far as this engine can set them, and the rotation of logs."""
        raise NotImplementedError

    def special_flags(self, spec: RunSpec) -> tuple[str, ...]:
        """What only this engine needs."""
        raise NotImplementedError

    def load(self, image: "Image", reference: "Reference") -> None:
        from okamochi.oci.archive import write_archive

        self._must(
            self.runner.feed(
                (self.name, "load"),
                lambda stream: write_archive(image, stream, reference=reference),
                env=self.environ,
                timeout_seconds=1800,
            ),
            f"{self.name} did not take the image {reference}",
        )

    def has(self, reference: str) -> bool:
        return self._run("image", "inspect", "--format", "{{.Id}}", reference).ok

    def pull(self, reference: str) -> str:
        argv = (self.name, "pull", "--quiet", reference)
        done = self.runner.run(argv, env=self.environ, timeout_seconds=1800)
        return "" if done.ok else (done.error_text.strip() or f"{self.name} says no more").splitlines()[-1]

    def save(self, reference: str, into: "BinaryIO") -> None:
        """Writes an image into an open file: a tar with a manifest.json, its layers and configuration."""
        argv = (self.name, "save", *self.save_flags, reference)
        self._must(
            self.runner.stream(argv, into=into, env=self.environ, timeout_seconds=1800),
            f"{self.name} could not save the image {reference}",
        )

    def remove_image(self, reference: str) -> None:
        found = self._run("image", "inspect", "--format", "{{.Id}}", reference)
        if not found.ok:
            return
        users = self._users_of(reference, image_id=found.text)
        if users:
            raise EngineError(
                f"{', '.join(users)} is of {reference}",
                where=self.name,
                hint="'okamochi ps --all' tells of which app",
            )
        removed = self._run("image", "rm", reference)
        self._must(removed, f"{self.name} could not remove the image {reference}")

    def _users_of(self, reference: str, *, image_id: str) -> tuple[str, ...]:
        """Containers that were started by that name of an image, running or not. The engine itself refuses
        only to remove an image's last name; without its own, Compose could not start one again."""
        listed = self._must(
            self._run("ps", "--all", "--quiet", "--no-trunc", "--filter", f"ancestor={image_id}"),
            f"{self.name} could not list its containers",
        )
        found = self._inspect_all(tuple(listed.text.split()))
        return tuple(one.name for one in found if f"/{one.image_reference}".endswith(f"/{reference}"))

    def start(self, spec: RunSpec) -> None:
        for volume in spec.volumes:
            self._ensure_volume(spec, volume)
        flags, variables = environment_flags(spec.full_environment)
        argv = (self.name, *self.run_arguments(spec, flags))
        environ = {**self.environ, **variables}
        completed = self.runner.run(argv, env=environ, timeout_seconds=120)
        if not completed.ok and NAME_TAKEN in completed.error_text:
            self._make_way(spec)
            completed = self.runner.run(argv, env=environ, timeout_seconds=120)
        if not completed.ok:
            self.remove(spec.name)
            raise self._start_error(spec, completed)

    def run_once(self, spec: RunSpec) -> Completed:
        self._make_way(spec)
        for volume in spec.volumes:
            self._ensure_volume(spec, volume)
        flags, variables = environment_flags(spec.full_environment)
        once = ("run", "--rm", "--name", spec.name, "--pull", "never", "--no-healthcheck")
        argv = (self.name, *once, *self.container_arguments(spec, flags))
        try:
            return self.runner.run(
                argv, env={**self.environ, **variables}, timeout_seconds=ONCE_SECONDS, merge_stderr=True
            )
        except BaseException:
            self.remove(spec.name)
            raise

    def run_arguments(self, spec: RunSpec, environment: tuple[str, ...]) -> tuple[str, ...]:
        """Everything after the program's name, for `run`."""
        return (
            *("run", "--detach", "--name", spec.name, "--pull", "never", "--restart", self.restart),
            *port_flags(spec),
            *self.special_flags(spec),
            *self.container_arguments(spec, environment),
        )

    def container_arguments(self, spec: RunSpec, environment: tuple[str, ...]) -> tuple[str, ...]:
        """What one that stays and one that runs once have in common."""
        argv = spec.process.argv
        return (
            *(flag for name, value in spec.all_labels for flag in ("--label", f"{name}={value}")),
            *security_flags(spec),
            *self.limit_flags(spec),
            *("--stop-signal", spec.process.stop_signal),
            *("--stop-timeout", str(spec.process.stop_grace_seconds)),
            *(
                flag
                for volume in spec.volumes
                for flag in ("--volume", f"{spec.volume_name(volume)}:{volume.path}")
            ),
            *bind_flags(spec),
            *secrets_flags(spec),
            *environment,
            *("--entrypoint", argv[0], spec.image_reference, *argv[1:]),
        )

    def inspect(self, name: str) -> Running:
        found = self._inspect_all((name,))
        return found[0] if found else Running(name=name, app="", state=ContainerState.ABSENT)

    def inspect_each(self, names: Sequence[str]) -> dict[str, Running]:
        return {one.name: one for one in self._inspect_all(names)}

    def stranger_at(self, name: str, port: int) -> str:
        """It publishes the port itself, or refuses to start."""
        return ""

    def open_ports(self, name: str) -> tuple[int, ...]:
        return ()

    def logs(self, name: str, *, tail: int = 200) -> str:
        completed = self.runner.run(
            (self.name, "logs", "--tail", str(tail), name),
            env=self.environ,
            timeout_seconds=120,
            merge_stderr=True,
        )
        require_answer(completed, self.name)
        return completed.stdout.decode("utf-8", "replace").rstrip() if completed.ok else ""

    def follow_logs(self, *names: str, tail: int = 200) -> int:
        # podman's flag; on docker several containers are a stack, whose logs Compose follows
        named = ("--names",) if len(names) > 1 else ()
        words = (self.name, "logs", "--follow", "--tail", str(tail), *named, *names)
        return self.runner.passthrough(words, env=self.environ)

    def exec(self, name: str, argv: tuple[str, ...], *, interactive: bool = False) -> int:
        flags = ("--interactive", "--tty") if interactive else ("--interactive",)
        return self.runner.passthrough((self.name, "exec", *flags, name, *argv), env=self.environ)

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        completed = self._run("exec", name, *argv)
        return completed.ok, completed.said

    def beside(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        source: "BinaryIO | None" = None,
        into: "BinaryIO | None" = None,
    ) -> Completed:
        found = self.inspect(name)
        if found.state is ContainerState.ABSENT:
            raise EngineError(
                f"there is no container {name}", where=self.name, hint="start it with 'okamochi up'"
            )
        flags = ("--rm", "--interactive", "--pull", "never", "--network", "none", "--volumes-from", name)
        security = security_flags(RunSpec(name="", app="", image_reference="", process=ONE_OFF))
        command = ("--no-healthcheck", "--entrypoint", argv[0], found.image_reference, *argv[1:])
        return self.runner.stream(
            (self.name, "run", *flags, *security, *command), source=source, into=into, env=self.environ
        )

    def try_out(self, trial: Trial) -> Completed:
        name = f"okamochi-trial-{os.getpid()}-{secrets.token_hex(4)}"
        flags, variables = environment_flags(trial.environment)
        argv = (self.name, *self.trial_arguments(name, trial, flags))
        try:
            return self.runner.run(
                argv,
                stdin=trial.stdin,
                env={**self.environ, **variables},
                timeout_seconds=trial.timeout_seconds,
            )
        except BaseException:
            self.remove(name)
            raise

    def trial_arguments(self, name: str, trial: Trial, environment: tuple[str, ...]) -> tuple[str, ...]:
        """Everything after the program's name, for `run`. Volumes without a name go with the container."""
        spec = RunSpec(
            name=name,
            app="",
            image_reference=trial.image_reference,
            process=Process(
                name="trial", type=ProcessType.RELEASE, argv=trial.argv, resources=trial.resources
            ),
            security=trial.security,
            tmp_bytes=trial.tmp_bytes,
        )
        return (
            *("run", "--rm", "--interactive", "--name", name, "--pull", "never", "--network", "none"),
            *security_flags(spec),
            *self.limit_flags(spec),
            *(flag for path in trial.writable for flag in trial_folder(path)),
            *environment,
            *("--no-healthcheck", "--entrypoint", trial.argv[0], trial.image_reference, *trial.argv[1:]),
        )

    def stop(self, name: str, *, grace_seconds: int) -> None:
        completed = self.runner.run(
            (self.name, "stop", "-t", str(grace_seconds), name),
            env=self.environ,
            timeout_seconds=grace_seconds + 60,
        )
        if not says_absent(completed):
            self._must(completed, f"{self.name} could not stop {name}")

    def remove(self, name: str) -> None:
        completed = self._run("rm", "--force", "--volumes", name)  # unnamed volumes only
        if not completed.ok and not says_absent(completed):
            self._must(completed, f"{self.name} could not remove the container {name}")

    def set_aside(self, name: str, *, grace_seconds: int) -> None:
        self.stop(name, grace_seconds=grace_seconds)
        renamed = self._run("rename", name, aside_name(name))
        if not renamed.ok:  # one that an `up` left which was killed has the name
            self.remove(aside_name(name))
            renamed = self._run("rename", name, aside_name(name))
        self._must(renamed, f"{self.name} could not set {name} aside")

    def bring_back(self, name: str) -> None:
        if self.inspect(aside_name(name)).state is not ContainerState.ABSENT:
            self.remove(name)
            back = self._run("rename", aside_name(name), name)
            self._must(back, f"{self.name} could not bring {name} back")
        else:  # a stop that was begun goes on in the engine: what still runs may end soon
            self.stop(name, grace_seconds=BACK_GRACE_SECONDS)
        self._must(self._run("start", name), f"{self.name} could not start {name} again")

    def containers(self, app: str = "") -> tuple[Running, ...]:
        label = f"{APP_LABEL}={app}" if app else APP_LABEL
        found = self._inspect_all(self._labelled("containers", label, "ps", "--all", "--quiet", "--no-trunc"))
        return tuple(sorted(found, key=lambda running: running.name))

    def stack_containers(self, app: str) -> tuple[str, ...]:
        return self._labelled("containers", stack_label(app), "ps", "--all", "--format", "{{.Names}}")

    def remove_networks(self, app: str) -> None:
        for name in self._labelled("networks", stack_label(app), "network", "ls", "--format", "{{.Name}}"):
            self._must(self._run("network", "rm", name), f"{self.name} could not remove the network {name}")

    def volumes(self, app: str) -> tuple[str, ...]:
        """Those of a stack, too, whose containers are gone."""
        labels = (f"{APP_LABEL}={app}", stack_label(app))
        found = {
            one for label in labels for one in self._labelled("volumes", label, "volume", "ls", "--quiet")
        }
        return tuple(sorted(found))

    def _labelled(self, things: str, label: str, *command: str) -> tuple[str, ...]:
        """What a listing command tells of those that have the label, sorted."""
        listed = self._run(*command, "--filter", f"label={label}")
        return tuple(sorted(self._must(listed, f"{self.name} could not list its {things}").text.split()))

    def remove_volumes(self, app: str) -> tuple[str, ...]:
        names = self.volumes(app)
        for name in names:
            self._must(self._run("volume", "rm", name), f"{self.name} could not remove the volume {name}")
        return names

    def _ensure_volume(self, spec: RunSpec, volume: Volume) -> None:
        """With Compose's labels, which takes it for its own then."""
        name = spec.volume_name(volume)
        if self._run("volume", "inspect", name).ok:
            return
        labels = (f"{APP_LABEL}={spec.app}", stack_label(spec.app), f"{VOLUME_LABEL}={volume.name}")
        created = self._run("volume", "create", *(word for one in labels for word in ("--label", one)), name)
        self._must(created, f"{self.name} could not make the volume {name}")

    def _make_way(self, spec: RunSpec) -> None:
        """Removes a container of that name; EngineError when it is somebody else's."""
        found = self.inspect(spec.name)
        if found.state is ContainerState.ABSENT:
            return
        if found.app:
            self.remove(spec.name)
            return
        raise EngineError(
            f"a container called {spec.name} exists that okamochi did not start",
            where=self.name,
            hint=f"rename it or remove it ({self.name} rm {spec.name}), or give the app another name",
        )

    def _start_error(self, spec: RunSpec, completed: Completed) -> EngineError:
        text = completed.error_text
        if "already allocated" in text or "address already in use" in text:
            return taken_port_error(spec.published_port, self.runner)
        return EngineError(
            f"{self.name} could not start {spec.name}",
            where=spec.image_reference,
            hint=f"the lines above are {self.name}'s own; `okamochi doctor` shows what this machine offers",
            details=tuple(text.splitlines()[-10:]),
        )

    def _inspect_all(self, names: Sequence[str]) -> tuple[Running, ...]:
        if not names:
            return ()
        done = self._run("container", "inspect", *names)
        require_answer(done, self.name)
        return all_running(done.stdout)

    def _run(self, *arguments: str) -> Completed:
        return self.runner.run((self.name, *arguments), env=self.environ, timeout_seconds=120)

    def _must(self, completed: Completed, failure: str) -> Completed:
        if completed.ok:
            return completed
        raise EngineError(
            failure,
            where=" ".join(completed.argv[:3]),
            hint=f"see whether {self.name} works by hand: {self.name} info",
            details=tuple(completed.error_text.splitlines()[-10:]),
        )


def says_absent(completed: Completed) -> bool:
    text = completed.error_text.lower()
    return "no such container" in text or "no container with name" in text or "already in progress" in text
