"""Keep, complete or renew okamochi.lock."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import msgspec

from okamochi.errors import OkamochiError, PlanError
from okamochi.model.lock import Lock, LockedDeb, LockedImage, LockedPlatform, LockedWheel
from okamochi.model.lock_codec import lock_from_json, lock_to_json
from okamochi.model.native import NativePackage
from okamochi.model.suites import Suite, suite_named
from okamochi.oci.platform import Platform
from okamochi.pypi.target import Target
from okamochi.system.files import write_atomic
from okamochi.system.world import World
from okamochi.workflows.locking.inputs import UV_FILES, base_inputs, wheel_inputs
from okamochi.workflows.plan import PlannedProject
from okamochi.workflows.rebuilding.remembered import LOCK_NAME, lock_content, lock_place
from okamochi.workflows.rebuilding.seen import Seen

if TYPE_CHECKING:
    from okamochi.pypi.built_wheel import Built
    from okamochi.pypi.wanted import Wanted
    from okamochi.workflows.layers.base_image import BaseImage

__all__ = ["LockMode", "LockSession"]


class LockMode(Enum):
    """KEEP: what fits is used, what is stale is renewed with few changes. LOCKED: all must fit.
    UPGRADE: the newest of everything."""

    KEEP = "keep"
    LOCKED = "locked"
    UPGRADE = "upgrade"


@dataclass
class LockSession:
    """One build's view of the lock: the two halves are answered apart, because a build works on both at once.

    `old` is what the project has; nothing is written before `save`. `resolved` are the wheels and `chosen`
    the base with its instant, when they were resolved before; `built` are wheels made from source, which
    count like an index's. `moving` are wheels that are resolved anew although the lock fits, the others
    staying where they can. `made` are the project's own packages, once somebody asked for them.
    """

    world: World
    planned: PlannedProject
    platform: Platform
    mode: LockMode
    old: Lock | None
    resolved: tuple[LockedWheel, ...] | None = None
    built: tuple["Built", ...] = ()
    moving: frozenset[str] = frozenset()
    made: tuple["Built", ...] | None = None
    chosen: tuple[tuple[LockedDeb, ...], str] | None = None
    base_image: LockedImage | None = None
    opened: "BaseImage | None" = field(default=None, repr=False)
    asking: Any = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def open(cls, world: World, planned: PlannedProject, platform: Platform, mode: LockMode) -> "LockSession":
        """PlanError when the lock must fit and does not; UsageError when the file is damaged or hostile."""
        content = lock_content(planned.project)
        old = lock_from_json(content, where=LOCK_NAME) if content is not None else None
        session = cls(world, replace(planned, seen=planned.seen | Seen(UV_FILES)), platform, mode, old)
        if mode is LockMode.LOCKED:
            session.require_fit()
        return session

    def opened_image(self) -> "BaseImage":
        """The base image, pulled and unpacked: its name tells nothing of what is in it."""
        from okamochi.workflows.layers.base_image import base_image

        image = self.image()
        assert image is not None
        if self.opened is None or self.opened.locked != image:
            self.opened = base_image(self.world, image, self.platform, self.planned.root)
        return self.opened

    @property
    def glibc_version(self) -> str:
        """Decides which wheels run."""
        base = self.planned.plan.base
        if base.kind == "debian":
            return suite_named(base.suite).glibc_version
        return self.opened_image().glibc_version

    @property
    def target(self) -> Target:
        return Target(self.planned.plan.python_version, self.platform, self.glibc_version)

    @property
    def wanted(self) -> "Wanted":
        from okamochi.pypi.wanted import Wanted

        return Wanted(root=self.planned.root, dependencies=self.planned.plan.dependencies, target=self.target)

    def wanted_with_built(self) -> "Wanted":
        """The same, where wheels made from source count; what lines name by a place is built for it."""
        return msgspec.structs.replace(self.wanted, built=self.built, direct=self.direct())

    @property
    def suite(self) -> Suite:
        """Where packages and the names of what holds a file come from: the base image's own suite, the plan's
        where the image is of none."""
        base = self.planned.plan.base
        own = self.opened_image().suite if base.kind == "image" else None
        return own or suite_named(base.suite)

    @property
    def old_platform(self) -> LockedPlatform | None:
        platforms = self.old.platforms if self.old else ()
        return next((locked for locked in platforms if locked.platform == str(self.platform)), None)

    @property
    def base_fits(self) -> bool:
        return (
            self.mode is not LockMode.UPGRADE
            and self.old is not None
            and self.old_platform is not None
            and self.old.base_inputs == base_inputs(self.planned)
        )

    @property
    def wheels_fit(self) -> bool:
        return (
            self.mode is not LockMode.UPGRADE
            and self.old is not None
            and self.old_platform is not None
            and self.old.wheel_inputs == wheel_inputs(self.planned)
        )

    @property
    def fitting(self) -> LockedPlatform | None:
        """What the lock has for this platform, when both of its halves still fit."""
        return self.old_platform if self.base_fits and self.wheels_fit and self.corrections_fit else None

    @property
    def corrections_fit(self) -> bool:
        return self.old is not None and self.old.corrections == self.planned.corrections

    @property
    def same_question(self) -> bool:
        """The old lock answers what is asked now, for whatever platforms it has."""
        return (
            self.mode is not LockMode.UPGRADE
            and self.old is not None
            and self.old.base_inputs == base_inputs(self.planned)
            and self.old.wheel_inputs == wheel_inputs(self.planned)
        )

    def require_fit(self) -> None:
        if self.fitting is not None:
            return
        what = "is missing"
        if self.old is not None:
            what = "does not fit the project" if self.old_platform else f"has nothing for {self.platform}"
        raise PlanError(
            f"{LOCK_NAME} {what}",
            where=str(self.planned.root / LOCK_NAME),
            hint="run 'okamochi lock' and commit the file, or build without --locked",
            details=self.misfits(),
        )

    def misfits(self) -> tuple[str, ...]:
        """What of the lock answers another question than the plan asks."""
        if self.old is None or self.old_platform is None:
            return ()
        plan, found = self.planned.plan, []
        locked, wanted = (
            f"Python {python} on {suite or 'an image'}"
            for python, suite in (
                (self.old.python_version, self.old.suite),
                (plan.python_version, plan.base.suite),
            )
        )
        if locked != wanted:
            found.append(f"it is for {locked}, the plan is for {wanted}")
        elif not self.base_fits:
            found.append("other packages or another image are asked for as the base")
        if not self.wheels_fit and locked == wanted:
            files = ", ".join(plan.dependencies.input_files) or "the settings"
            found.append(f"what decides the dependencies is not what it was made for: {files}")
        if not self.corrections_fit:
            found.append("what the proof of the entry point taught is of another plan")
        return tuple(found)

    def debs(self) -> tuple[tuple[LockedDeb, ...], str]:
        """The base's packages and the archive's instant: the lock's where it fits, else resolved, with the
        native packages that the lock had: whether they are the right ones shows when the wheels are there."""
        if self.base_fits and self.old is not None and self.old_platform is not None:
            return self.old_platform.debs, self.old.snapshot
        if self.chosen is not None:
            return self.chosen
        return self.debs_with(self.old_native)

    @property
    def old_native(self) -> tuple[str, ...]:
        """Names of the Debian packages that the lock has for what wheels and code need."""
        if self.old_platform is None or self.old is None or not self.old_platform.native:
            return ()
        if self.old.suite != self.suite.name:
            return ()  # suites call them by other names
        return tuple(one.name for one in self.old_platform.native if one.name)

    def debs_with(self, native: Sequence[str]) -> tuple[tuple[LockedDeb, ...], str]:
        """Resolved, whatever the lock has, with these packages beside the plan's."""
        base = self.planned.plan.base
        wanted = (*base.packages, *native)
        if base.kind == "image":
            from okamochi.workflows.layers.image_packages import debs_upon

            return debs_upon(self.world, self.opened_image(), self.platform, wanted)
        from okamochi.debian.archives import resolve_base

        with self.world.reporter.step(f"Base: choosing packages of Debian {base.suite}"):
            resolved = resolve_base(
                self.world,
                suite=base.suite,
                platform=self.platform,
                packages=wanted,
                python_package=base.python_package,
            )
        return resolved.debs, resolved.snapshot

    def image(self) -> LockedImage | None:
        """The base image: the lock's where it fits, else what its name stands for now; None for a base of
        packages. UnfitPythonError when nobody can be asked for it, and Debian has Pythons that would do."""
        base = self.planned.plan.base
        if base.kind == "debian":
            return None
        if self.base_fits and self.old_platform is not None and self.old_platform.image is not None:
            return self.old_platform.image
        with self.asking:
            if self.base_image is None:
                from okamochi.workflows.layers.base_image import resolve_for

                self.base_image = resolve_for(self.world, self.planned.plan, self.platform, self.planned.root)
            return self.base_image

    @property
    def locked_wheels(self) -> tuple[LockedWheel, ...] | None:
        """The lock's, where nothing of them is to be resolved."""
        fit = self.wheels_fit and self.old_platform is not None and not self.moving
        return self.old_platform.wheels if fit and self.old_platform is not None else None

    @property
    def kept(self) -> tuple[LockedWheel, ...]:
        """Those of the lock whose versions stay where they can."""
        keep = self.old_platform.wheels if self.old_platform and self.mode is LockMode.KEEP else ()
        return tuple(wheel for wheel in keep if wheel.name not in self.moving)

    def wheels(self, *, briefly: bool | None = None) -> tuple[LockedWheel, ...]:
        """The wheels: the lock's where it fits, else resolved, near to what the lock had.

        UnfitPythonError when there are none for the plan's Python; it is brief when there are alternatives,
        which are tried next, unless `briefly` says otherwise."""
        if self.resolved is not None:
            return self.resolved
        if self.locked_wheels is not None:
            return self.locked_wheels
        from okamochi.pypi.resolve import resolve_wheels
        from okamochi.workflows.mending.vouched_names import refuse_strangers

        plan = self.planned.plan
        refuse_strangers(self.planned, self.world, but=[one.name for one in self.kept])
        wanted = self.wanted_with_built()
        own = {one.wheel.name for one in self.local()}
        with self.world.reporter.step("Dependencies: resolving"):
            found = resolve_wheels(
                self.world,
                wanted,
                preferred=self.kept,
                briefly=bool(plan.python_alternatives) if briefly is None else briefly,
            )
        return tuple(wheel for wheel in found if wheel.name not in own)

    def local(self) -> tuple["Built", ...]:
        """The project's own packages, as wheels in the cache: no part of the lock, since their source is what
        is being worked on."""
        if self.made is None and self.planned.plan.dependencies.local:
            from okamochi.workflows.from_source.local_packages import local_wheels

            self.made = local_wheels(self)
        return self.made or ()

    def direct(self) -> Mapping[str, "Built"]:
        """What requirement lines name by a place that holds source, built; by the line's specifier."""
        from okamochi.workflows.from_source.direct_sources import direct_wheels
        from okamochi.workflows.from_source.source_builds import builder_of

        return direct_wheels(self, builder_of(self))

    def result(
        self,
        debs: Sequence[LockedDeb],
        snapshot: str,
        wheels: Sequence[LockedWheel],
        native: tuple[NativePackage, ...] = (),
    ) -> Lock:
        """The lock that says what was built. Other platforms stay where their halves still fit."""
        here = LockedPlatform(
            platform=str(self.platform),
            image=self.image(),
            debs=tuple(debs),
            wheels=tuple(wheels),
            native=native,
        )
        others = self.old.platforms if self.old is not None and self.same_question else ()
        kept = [locked for locked in others if locked.platform != here.platform]
        plan = self.planned.plan
        return Lock(
            base_inputs=base_inputs(self.planned),
            wheel_inputs=wheel_inputs(self.planned),
            python_version=plan.python_version,
            suite=self.suite.name,
            snapshot=snapshot,
            corrected_plan=self.planned.uncorrected if self.planned.corrections else "",
            corrections=self.planned.corrections,
            platforms=tuple(sorted([here, *kept], key=lambda locked: locked.platform)),
        )

    def save(self, lock: Lock, *, required: bool) -> None:
        """Writes the file if it differs. A folder that cannot be written is an error only when the lock is
        what was asked for."""
        if lock == self.old:
            return
        try:
            write_atomic(lock_place(self.planned.root), lock_to_json(lock))
        except OkamochiError as error:
            if required:
                raise
            self.world.reporter.warn(f"{LOCK_NAME} could not be written: {error.message}")
