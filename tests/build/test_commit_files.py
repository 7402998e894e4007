"""What a provenance says of the commit: whether it has the app's files as the image has them."""

import json
from pathlib import Path

import pytest

from okamochi.build.commit_files import Committed, committed_files
from okamochi.build.provenance import provenance
from okamochi.oci.entry import Entry, directory, file
from okamochi.oci.image import Image
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.packing import LayerRequest, Part, pack_layers
from okamochi.oci.platform import LINUX_AMD64
from okamochi.system.cache import Cache
from tests.build.real_git import git, new_repository
from tests.detect.plans import FLASK_APP, planned


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Three files in a commit; the app is in the folder web."""
    root = new_repository(tmp_path / "checkout")
    (root / "web/templates").mkdir(parents=True)
    (root / "web/app.py").write_text(FLASK_APP)
    (root / "web/templates/index.html").write_text("<h1>今日は</h1>\n")
    (root / "README").write_text("shop\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    return root


def image_of(project: Path, folder: Path) -> Image:
    """Its files as the build lays them, with bytecode, beside a layer of a wheel."""
    entries: list[Entry] = [directory("app", "app")]
    for path in sorted(one for one in project.rglob("*") if one.is_file() and ".git" not in one.parts):
        entries.append(file(f"app/{path.relative_to(project)}", "app", path.read_bytes()))
    entries.append(file("app/__pycache__/app.cpython-313.pyc", "app", b"bytecode"))
    requests = (
        LayerRequest(parts=(Part.of([file("opt/venv/a.py", "wheel:a", b"x")]),), comment="wheels: a"),
        LayerRequest(parts=(Part.of(entries),), comment="app: 1 of 1"),
    )
    layers = pack_layers(Cache.open(folder), requests, epoch_seconds=0)
    config = ImageConfig(platform=LINUX_AMD64, created="1970-01-01T00:00:00Z")
    commit = git(project, "rev-parse", "HEAD").strip()
    return Image(config, layers, annotations=(("org.opencontainers.image.revision", commit),))


@pytest.mark.parametrize("packed", [False, True])
def test_files_as_they_were_committed_are_all_in_the_commit(
    checkout: Path, packed: bool, tmp_path: Path
) -> None:
    if packed:
        git(checkout, "gc", "--quiet")
    image = image_of(checkout / "web", tmp_path / "cache")
    assert committed_files(image, checkout / "web") == Committed(known=True)


def test_changed_and_new_files_are_named_as_the_image_has_them(checkout: Path, tmp_path: Path) -> None:
    web = checkout / "web"
    (web / "app.py").write_text(f"{FLASK_APP}\nx = 1\n")
    (web / "static").mkdir()
    (web / "static/site.css").write_text("h1 {}")
    image = image_of(web, tmp_path / "cache")
    (web / "app.py").write_text(FLASK_APP)  # what lies in the folder by now is another matter
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "what comes after the build is another matter as well")
    assert committed_files(image, web) == Committed(known=True, others=("app.py", "static/site.css"))


def test_a_project_behind_a_link_is_of_the_checkout_that_it_lies_in(checkout: Path, tmp_path: Path) -> None:
    image = image_of(checkout / "web", tmp_path / "cache")
    elsewhere = new_repository(tmp_path / "elsewhere")
    (elsewhere / "shop").symlink_to(checkout / "web")
    assert committed_files(image, elsewhere / "shop") == Committed(known=True)


def test_a_commit_that_cannot_be_read_tells_nothing(checkout: Path, tmp_path: Path) -> None:
    web = checkout / "web"
    image = image_of(web, tmp_path / "cache")
    tree = git(checkout, "rev-parse", "HEAD^{tree}").strip()
    (checkout / ".git/objects" / tree[:2] / tree[2:]).unlink()
    assert committed_files(image, web) == Committed()
    assert committed_files(image, tmp_path) == Committed()


@pytest.mark.parametrize(
    ("committed", "word"),
    [
        (Committed(), "unknown"),
        (Committed(known=True), "all"),
        (Committed(known=True, others=("app.py",)), "some"),
    ],
)
def test_the_statement_says_which_files_the_commit_has_not(committed: Committed, word: str) -> None:
    revision = (("org.opencontainers.image.revision", "a" * 40),)
    config = ImageConfig(platform=LINUX_AMD64, created="1970-01-01T00:00:00Z")
    content = provenance(
        Image(config, (), annotations=revision), "shop", (), planned({"app.py": FLASK_APP}), committed
    )
    (source,) = json.loads(content)["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source["digest"] == {"gitCommit": "a" * 40}
    assert source["annotations"] == {
        "appFilesInCommit": word,
        "appFilesNotInCommit": list(committed.others),
    }
