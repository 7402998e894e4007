"""Task definitions of every example, read by cfn-lint as CloudFormation's resource of the same fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.judges.files import EXAMPLES, rendered_files
from tests.judges.tools import judged, python_judge

pytestmark = [pytest.mark.network, pytest.mark.matrix, pytest.mark.slow]

# as docs/ecs.md says
FILLED_IN = {
    "YOUR-ACCOUNT": "123456789012",
    "YOUR-REGION": "eu-central-1",
    "YOUR-TAG": "3f2a9c",
    "YOUR-FILESYSTEM": "0123456789abcdef0",
    "YOUR-ACCESSPOINT": "0123456789abcdef0",
}
FREE = ("Options",)
"""Whose keys are the log driver's own."""


def as_resource(node: Any) -> Any:
    """containerDefinitions becomes ContainerDefinitions: https://github.com/aws-cloudformation/cfn-lint reads
    templates only."""
    if isinstance(node, list):
        return [as_resource(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for key, value in node.items():
        name = key[:1].upper() + key[1:]
        name = {"EfsVolumeConfiguration": "EFSVolumeConfiguration", "FileSystemId": "FilesystemId"}.get(
            name, name
        )
        name = "IAM" if name == "Iam" else name
        found[name] = value if name in FREE else as_resource(value)
    return found


def template(text: str) -> str:
    resource = {"Type": "AWS::ECS::TaskDefinition", "Properties": as_resource(json.loads(text))}
    return json.dumps({"Resources": {"Task": resource}})


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    lint = python_judge("cfn-lint", "cfn-lint")
    for example in EXAMPLES:
        for path, text in rendered_files(example).items():
            if path.startswith("ecs/"):
                for placeholder, value in FILLED_IN.items():
                    text = text.replace(placeholder, value)
                (tmp_path / f"{example}-{Path(path).name}").write_text(template(text))
    judged_files = sorted(tmp_path.glob("*.json"))
    assert len(judged_files) > len(EXAMPLES)
    verdict = judged(lint, *judged_files)
    assert verdict.code == 0, verdict.text
    wrong = judged_files[0].read_text().replace('"Memory": "', '"Memory": "7')
    judged_files[0].write_text(wrong)
    assert "E3047" in judged(lint, judged_files[0]).text
