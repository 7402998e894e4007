"""Image bytes against image-spec."""

import json
from pathlib import Path

import pytest
from oci_samples import sample_config, sample_image

from okamochi.errors import BuildError
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image, ImageIndex
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64


def test_the_configuration_says_everything_in_the_words_of_the_specification(tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    config = json.loads(image.config_bytes)
    assert config["architecture"] == "amd64"
    assert config["os"] == "linux"
    assert config["created"] == "2023-11-14T22:13:20Z"
    assert config["rootfs"] == {"type": "layers", "diff_ids": [str(layer.diff_id) for layer in image.layers]}
    assert [entry["comment"] for entry in config["history"]] == ["base", "wheels: one, two"]
    assert config["config"] == {
        "User": "10001:10001",
        "Env": ["PATH=/usr/bin", "GREETING=今日は=ok"],
        "Entrypoint": ["/usr/bin/tool"],
        "Cmd": ["--serve"],
        "WorkingDir": "/srv",
        "ExposedPorts": {"8000/tcp": {}},
        "Volumes": {"/srv/data": {}},
        "Labels": {"io.okamochi.app": "sample"},
        "StopSignal": "SIGTERM",
        "Healthcheck": {
            "Test": ["CMD", "/usr/bin/tool", "--probe"],
            "Interval": 30_000_000_000,
            "Timeout": 5_000_000_000,
            "StartPeriod": 1_500_000_000,
            "Retries": 3,
        },
    }


def test_what_is_not_set_is_not_written(tmp_path: Path) -> None:
    config = ImageConfig(platform=LINUX_ARM64, created="1970-01-01T00:00:00Z")
    assert json.loads(config.to_bytes(()))["config"] == {}


def test_an_environment_variable_given_twice_is_a_mistake_of_the_caller() -> None:
    config = ImageConfig(platform=LINUX_AMD64, created="", env=(("A", "1"), ("A", "2")))
    with pytest.raises(ValueError, match="given twice"):
        config.to_bytes(())


def test_a_configuration_is_read_back_as_it_was_written() -> None:
    config = sample_config()
    assert ImageConfig.read(config.to_bytes(()), where="here") == config


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"os":"linux","architecture":"amd64","config":[1]}']
)
def test_a_malformed_configuration_is_an_error(content: bytes) -> None:
    with pytest.raises(BuildError) as caught:
        ImageConfig.read(content, where="blob")
    assert caught.value.where == "blob"


def test_the_manifest_points_to_the_exact_bytes(tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    manifest = json.loads(image.manifest_bytes)
    assert manifest["schemaVersion"] == 2
    assert manifest["config"]["digest"] == str(Digest.of(image.config_bytes)) == str(image.image_id)
    assert manifest["config"]["size"] == len(image.config_bytes)
    assert [layer["digest"] for layer in manifest["layers"]] == [
        str(layer.descriptor.digest) for layer in image.layers
    ]
    assert manifest["annotations"] == {"org.opencontainers.image.revision": "abc"}
    assert image.digest == Digest.of(image.manifest_bytes)
    assert image.size_bytes == sum(
        [len(image.manifest_bytes), len(image.config_bytes)] + [x.descriptor.size_bytes for x in image.layers]
    )


def test_the_golden_image(tmp_path: Path) -> None:
    assert str(sample_image(tmp_path).digest) == (
        "sha256:256ce92d3fef37bbca46046a22321df8e1e9cfdd66015681dbc2504fda325821"
    )


def test_an_index_lists_its_images_by_platform(tmp_path: Path) -> None:
    layers = sample_image(tmp_path).layers
    arm = Image(ImageConfig(platform=LINUX_ARM64, created="1970-01-01T00:00:00Z"), layers)
    amd = Image(ImageConfig(platform=LINUX_AMD64, created="1970-01-01T00:00:00Z"), layers)
    index = json.loads(ImageIndex((arm, amd)).index_bytes)
    assert [entry["platform"]["architecture"] for entry in index["manifests"]] == ["amd64", "arm64"]
    assert [entry["digest"] for entry in index["manifests"]] == [str(amd.digest), str(arm.digest)]
    assert ImageIndex((arm, amd)).digest == ImageIndex((amd, arm)).digest
