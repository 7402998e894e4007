"""What an earlier build proved of the very same image, so that nothing is asked, or even decoded, again."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from okamochi.system.tree_stamp import program_identity
from okamochi.system.world import World
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from okamochi.run.proof.answer import Answer

__all__ = ["ProvedBefore", "keep_proved", "proved_before"]

KIND = "proved-image"


class ProvedBefore(msgspec.Struct, frozen=True):
    """`answer_json` is what the app answered then."""

    answer_json: bytes

    @property
    def answer(self) -> "Answer":
        from okamochi.run.proof.answer import Answer

        return msgspec.json.decode(self.answer_json, type=Answer)


def proved_before(world: World, built: BuiltImage, given: Mapping[str, str]) -> ProvedBefore | None:
    """None when this image was not proved yet with values for these variables."""
    content = world.cache.record(KIND, key_of(built, given))
    return ProvedBefore(content) if content is not None else None


def keep_proved(world: World, built: BuiltImage, given: Mapping[str, str], answer_json: bytes) -> None:
    world.cache.put_record(KIND, key_of(built, given), answer_json)


def key_of(built: BuiltImage, given: Mapping[str, str]) -> str:
    plan = hashlib.sha256(built.plan_json).hexdigest()
    parts = (program_identity(), built.proved_as or str(built.image.digest), plan, sorted(given))
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()
