"""`okamochi build` in its plainest forms, without click: importing that takes longer than a build in which
nothing changed."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

__all__ = ["plain_build"]

VALUED = {"--to": "sinks", "--tag": "tag"}
FLAGS = {"--offline": "offline", "--locked": "locked"}


class PlainBuild(msgspec.Struct):
    """What `okamochi build` was asked for, as far as these options go."""

    path: str = "."
    tag: str | None = None
    sinks: list[str] = msgspec.field(default_factory=list)
    offline: bool = False
    locked: bool = False

    def run(self) -> int:
        from okamochi.cli.world import app_folder, real_world
        from okamochi.workflows.build import BuildRequest
        from okamochi.workflows.deliver import build_and_deliver
        from okamochi.workflows.delivery.attestations import Attachments

        request = BuildRequest(path=app_folder(Path(self.path)), locked=self.locked)
        world = real_world(offline=self.offline)
        sinks = tuple(self.sinks)
        delivery = build_and_deliver(request, world, tag=self.tag, sinks=sinks, attach=Attachments())
        print(delivery.answers[-1], flush=True)
        return 0


def plain_build(arguments: Sequence[str]) -> PlainBuild | None:
    """None for everything that click has to understand, or to refuse."""
    if not arguments or arguments[0] != "build":
        return None
    found, paths, rest = PlainBuild(), [], iter(arguments[1:])
    for word in rest:
        if word in FLAGS:
            setattr(found, FLAGS[word], True)
        elif word in VALUED:
            value = next(rest, "")
            if not value or value.startswith("-"):
                return None
            if word == "--to":
                found.sinks.append(value)
            else:
                found.tag = value
        elif word and not word.startswith("-"):
            paths.append(word)
        else:
            return None
    if len(paths) > 1:
        return None
    found.path = paths[0] if paths else found.path
    return found
