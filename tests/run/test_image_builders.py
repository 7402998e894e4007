"""The builders of a rendered Dockerfile."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.recorded_runner import RecordedRunner, answer

from okamochi.errors import OkamochiError
from okamochi.run.image_builders import BuildahBuilder
from okamochi.system.process import Completed

BROKEN_OFF = answer("Close_Fd sealing memfd copy: Device or resource busy\nexit status 1", returncode=1)


class Busy(RecordedRunner, frozen=True):
    """Answers in turn, and then by the last one."""

    def run(self, argv: Sequence[str], **given: object) -> Completed:
        self.calls.append(tuple(argv))
        turns = list(self.answers.values())
        return turns[min(len(self.calls), len(turns)) - 1]


@pytest.mark.parametrize(
    ("answers", "builds"),
    [([BROKEN_OFF, answer("no such file", returncode=1)], 2), ([answer("no such file", returncode=1)], 1)],
)
def test_a_build_that_buildahs_own_start_breaks_off_is_taken_up_once(
    answers: list[Completed], builds: int, tmp_path: Path
) -> None:
    runner = Busy({(str(number),): one for number, one in enumerate(answers)})
    with pytest.raises(OkamochiError):
        BuildahBuilder(runner, {}).build(tmp_path, "production", tmp_path)
    assert [call[:2] for call in runner.calls] == [("buildah", "build")] * builds
