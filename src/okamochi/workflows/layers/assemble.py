"""From plan and lock to an image: what lies below the app, then the app itself."""

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from okamochi.build.app_bytecode import Compiles
from okamochi.build.app_layers import Volumes, app_layers, room_for_shares
from okamochi.build.components import Component, app_component
from okamochi.build.configuration import annotations_of, image_configuration
from okamochi.build.moved_files import with_moved_files, with_secret_files
from okamochi.build.revision import read_revision
from okamochi.build.source_files import SourceFiles, read_source
from okamochi.build.toolchain import Toolchain
from okamochi.model.codec import plan_to_json
from okamochi.model.kit_programs import packages_of, programs_of
from okamochi.model.lock import LockedPlatform
from okamochi.oci.image import Image
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer import Layer
from okamochi.oci.layer_rows import LayerRow, layer_rows, layers_of_rows
from okamochi.oci.packing import LayerRequest, pack_layers
from okamochi.system.tree_stamp import program_identity
from okamochi.workflows.layers.native_memory import is_known, keep_known
from okamochi.workflows.locking.lock import LockSession
from okamochi.workflows.rebuilding.incremental import SameTree, rebuild_facts
from okamochi.workflows.rebuilding.outside import outside_of
from okamochi.workflows.rebuilding.remembered import BuiltImage
from okamochi.workflows.rebuilding.seen import Seen

if TYPE_CHECKING:
    from okamochi.workflows.layers.foundation import OnDisk, Wait
    from okamochi.workflows.plan import PlannedProject
    from okamochi.workflows.proving.early_proof import EarlyProof

__all__ = ["app_files", "assemble", "foundation_key"]

KIND = "foundation"


class Foundation(msgspec.Struct, frozen=True, kw_only=True):
    """The layers below the app and what they consist of, as it is remembered between builds.
    `environment` and `annotations` are those of a base that is an image."""

    layers: tuple[LayerRow, ...]
    components: tuple[Component, ...]
    environment: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()


def assemble(
    session: LockSession, files: SameTree | None = None, early: "EarlyProof | None" = None
) -> BuiltImage:
    """The image of a planned project; writes okamochi.lock when it changed. `files` are those of the last
    build, when they are the same. `early` is told of what lies below the app as soon as it is on the disk."""
    world = session.world
    plan = session.planned.plan
    linked = plan.moved_files or plan.secret_files
    source = None if files is None or linked else files.source(plan.source.exclude)
    if source is None:
        source = app_files(session.planned)
    for path in source.special:
        world.reporter.warn(f"{path}: left out, it is neither a file, a folder nor a link")
    volumes, created = Volumes.of(plan), world.clock.rfc3339
    shares = room_for_shares(source.entries)
    app: list[LayerRequest] = []

    def on_disk(tools: Compiles, lower: Sequence[LayerRequest], ready: Callable[[], object]) -> "Wait":
        if early is None:
            return lambda: None
        app.extend(app_layers(world, tools, volumes, source))
        config = image_configuration(plan, session.platform, created=created)
        early.start(plan, config, (*lower, *app), ready)
        return early.laid

    foundation, below, toolchain = foundation_of(session, on_disk, shares, early)
    requests = app or app_layers(world, toolchain, volumes, source)
    layers = (*below, *pack_layers(world.cache, requests, epoch_seconds=world.clock.epoch_seconds))
    revision = read_revision(session.planned.root)
    return BuiltImage(
        platform=session.platform,
        image=Image(
            config=on_base(image_configuration(plan, session.platform, created=created), foundation),
            layers=layers,
            annotations=tuple(
                sorted((*annotations_of(plan, revision, created=created), *foundation.annotations))
            ),
        ),
        name=plan.name,
        plan_json=plan_to_json(plan),
        components_json=msgspec.json.encode((*foundation.components, app_component(plan))),
        rebuild=rebuild_facts(
            session.planned.root,
            source,
            volumes,
            toolchain.started,
            seen=session.planned.seen | Seen(frozenset(plan.dependencies.input_files)),
            below=len(below),
            exclude=None if linked else plan.source.exclude,
            alone=not any(package.path for package in plan.dependencies.local),
        ),
        outside=outside_of(plan, session.planned.seen.read),
    )


def app_files(planned: "PlannedProject") -> SourceFiles:
    """What of the project enters the image."""
    plan = planned.plan
    source = with_secret_files(read_source(planned.root, plan.source.exclude), plan.secret_files)
    return with_moved_files(source, plan.moved_files)


def on_base(config: ImageConfig, foundation: Foundation) -> ImageConfig:
    """The plan's variables come before the image's, and its programs before those that the image has."""
    own = dict(config.env)
    inherited = dict(foundation.environment)
    if not inherited:
        return config
    theirs = inherited.get("PATH", "").split(":")
    ours = [folder for folder in own.get("PATH", "").split(":") if folder not in theirs]
    folders = [folder for folder in (*ours, *theirs) if folder]
    merged = {**inherited, **own, "PATH": ":".join(folders)}
    return replace(config, env=tuple(sorted(merged.items())))


def foundation_of(
    session: LockSession, on_disk: "OnDisk", shares: int, early: "EarlyProof | None"
) -> tuple[Foundation, tuple[Layer, ...], Compiles]:
    """Recalled when the lock fits and all blobs are there; else laid anew, with the lock written if it
    changed."""
    world = session.world
    locked = session.fitting
    known = locked is not None and is_known(world, session.planned.plan, locked)
    if known and locked is not None and session.old is not None:
        key = foundation_key(session, locked, shares)
        record = world.cache.record(KIND, key) if key else None
        foundation = msgspec.json.decode(record, type=Foundation) if record else None
        layers = layers_of_rows(foundation.layers, world.cache.blob) if foundation else None
        if foundation is not None and layers is not None:
            toolchain = toolchain_of(session, locked, session.old.snapshot)
            return foundation, layers, toolchain
    from okamochi.workflows.layers.foundation import lay_foundation

    if early is not None:
        early.prepare()
    laid = lay_foundation(session, on_disk, shares=shares)
    session.save(laid.lock, required=False)
    keep_known(world, session.planned.plan, laid.locked.wheels, laid.locked.native)
    foundation = Foundation(
        layers=layer_rows(laid.layers),
        components=laid.components,
        environment=laid.environment,
        annotations=laid.annotations,
    )
    key = foundation_key(session, laid.locked, shares)
    if key:
        world.cache.put_record(KIND, key, msgspec.json.encode(foundation))
    return foundation, laid.layers, laid.toolchain


def toolchain_of(session: LockSession, locked: LockedPlatform, snapshot: str) -> Compiles:
    if locked.image is None:
        return Toolchain(session.world, locked.debs, session.platform, snapshot)
    from okamochi.workflows.layers.image_toolchain import ImageToolchain

    planned, version = session.planned, session.planned.plan.python_version
    return ImageToolchain(session.world, locked.image, session.platform, version, planned.root)


def foundation_key(session: LockSession, locked: LockedPlatform, shares: int) -> str:
    """Of everything that decides these layers: okamochi itself, the locked packages, the plan's volumes and
    runtime user, the layers that are kept for the app, the instant; "" when okamochi's own files are
    changing."""
    program = program_identity()
    plan = session.planned.plan
    local = tuple(one.wheel for one in session.local())
    parts = (
        *(program, locked, local, shares),
        *(programs_of(plan), [name for name, _ in packages_of(plan)]),  # what the kit holds hangs on these
        *(plan.volumes, plan.temporary_folders, plan.security, session.world.clock.epoch_seconds),
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest() if program else ""
