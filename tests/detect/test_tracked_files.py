"""Files that .gitignore names and git tracks: in the image, as they are in the project; secrets are not."""

from pathlib import Path

import pytest

from okamochi.build.revision import Revision, read_revision
from okamochi.build.source_files import read_source
from okamochi.detect.files.git_index import executable_files, index_entries, tracked_files, why_unread
from okamochi.detect.planner import make_plan
from okamochi.model.settings import SettingsTable
from okamochi.system.project_files import DiskProject, MemoryProject
from tests.build.real_git import git, new_repository
from tests.detect.plans import FLASK_APP, decision

FILES = {
    "app.py": FLASK_APP,
    "requirements.txt": "flask\n",
    ".gitignore": "lib/\n*.csv\n/data/\nconfig.py\n",
}
VERSIONS = ("2", "3", "4")


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x = 1\n")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = new_repository(tmp_path / "shop")
    for path, text in FILES.items():
        (root / path).write_text(text)
    git(root, "add", ".")
    return root


def in_image(root: Path) -> set[str]:
    plan = make_plan(DiskProject.open(root), SettingsTable())
    entries = read_source(root, plan.source.exclude).entries
    return {one.path.removeprefix("app/") for one in entries if one.content is not None} - {"app.py"}


def evidence(root: Path) -> dict[str, str]:
    plan = make_plan(DiskProject.open(root), SettingsTable())
    return {one.path: one.reason for one in decision(plan, "source.exclude").evidence}


def test_a_file_that_git_tracks_comes_in_and_its_neighbours_do_not(shop: Path) -> None:
    tracked = (
        "rates.csv",
        "data/seed/countries.json",
        "data/towns.json",
        "static/lib/a.js",
        "static/lib/b/c.js",
    )
    write(shop, *tracked)
    git(shop, "add", "--force", ".")
    write(shop, "other.csv", "data/mine.json", "data/seed/mine.json", "data/other/mine.json", "config.py")
    assert in_image(shop) == set(tracked)
    assert "git tracks it" in evidence(shop)["rates.csv"]
    write(shop, "static/lib/new.js")
    assert in_image(shop) == set(tracked)


def test_what_a_tool_leaves_in_a_folder_that_is_tracked_whole_stays_out(shop: Path) -> None:
    write(shop, "static/lib/a.js")
    git(shop, "add", "--force", ".")
    write(shop, "static/lib/node_modules/x/y.js", "static/lib/x/__pycache__/a.pyc")
    assert in_image(shop) == {"static/lib/a.js"}


def test_names_with_characters_of_patterns_are_taken_literally(shop: Path) -> None:
    write(shop, "data/a[1] #!.json", "data/a1.json")
    git(shop, "add", "--force", "data/a[[]1*")
    assert in_image(shop) == {"data/a[1] #!.json"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("prod.env", "*.env"),
        ("keys/server.pem", "keys/"),
        ("dev.sqlite3", "*.sqlite3"),
        ("client_secret.json", "*.json"),
        ("my-credentials.yaml", "my*"),
    ],
)
def test_secrets_and_databases_stay_out_whatever_git_tracks(shop: Path, path: str, line: str) -> None:
    write(shop, path)
    (shop / ".gitignore").write_text(f"{line}\n")
    git(shop, "add", "--force", ".")
    assert in_image(shop) == set()
    assert "it is in the image" not in evidence(shop).get(path, "")


def test_the_projects_own_dockerignore_still_counts(shop: Path) -> None:
    write(shop, "rates.csv", "towns.csv")
    (shop / ".dockerignore").write_text("towns.csv\n")
    git(shop, "add", "--force", ".")
    assert in_image(shop) == {"rates.csv"}


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_is_told_not_to_look_at_is_the_developers(shop: Path, flag: str) -> None:
    write(shop, "rates.csv", "config.py")
    git(shop, "add", "--force", ".")
    assert in_image(shop) == {"rates.csv", "config.py"}
    git(shop, "update-index", flag, "config.py")
    assert in_image(shop) == {"rates.csv"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_the_index_is_read(shop: Path, version: str) -> None:
    paths = (
        "data/a",
        "data/ab/c",
        "data/ab/cd",
        "z/日本.csv",
        "data/a-much-longer-name-than-the-others.json",
    )
    write(shop, *paths)
    git(shop, "add", "--force", ".")
    git(shop, "add", "--intent-to-add", "app.py")
    git(shop, "update-index", "--index-version", version)
    listed = set(git(shop, "-c", "core.quotepath=off", "ls-files", "-z").split("\0")) - {""}
    assert tracked_files(DiskProject.open(shop)) == listed >= set(paths)


def test_an_app_below_the_checkouts_root_and_sha256_are_read(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    new_repository(root)
    git(root, "init", "-q", "--object-format=sha256", "../other")
    for checkout in (root, tmp_path / "other"):
        write(checkout, "web/app.py", "web/lib/a.js", "desk/b.js")
        git(checkout, "add", ".")
        assert tracked_files(DiskProject.open(checkout / "web")) == {"app.py", "lib/a.js"}


def test_an_index_that_is_cut_off_tells_nothing(shop: Path) -> None:
    whole = (shop / ".git/index").read_bytes()
    assert [path for path, _ in index_entries(whole, 20) or ()] == sorted(FILES)
    assert all(index_entries(whole[:cut], 20) is None for cut in range(0, len(whole) - 100, 7))
    assert tracked_files(MemoryProject({})) is None


def test_an_index_whose_numbers_never_end_tells_nothing() -> None:
    facts, name, flags = bytes(40), bytes(20), bytes(2)
    one_of_version_4 = b"DIRC" + (4).to_bytes(4, "big") + (1).to_bytes(4, "big")
    assert index_entries(one_of_version_4 + facts + name + flags + b"\xff" * 1_000_000, 20) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_split_index_is_read_with_the_one_that_it_builds_on(shop: Path, version: str) -> None:
    write(shop, *(f"data/{number:03}.json" for number in range(200)), "rates.csv")
    git(shop, "add", "--force", ".")
    git(shop, "update-index", "--index-version", version)
    git(shop, "-c", "splitIndex.maxPercentChange=100", "update-index", "--split-index")
    assert list((shop / ".git").glob("sharedindex.*"))
    git(shop, "config", "splitIndex.maxPercentChange", "100")
    write(shop, "new.csv", "data/aaa.json")
    (shop / "data/007.json").write_text("x = 2\n")
    (shop / "data/100.json").chmod(0o755)
    for number in (*range(20, 90), 150):
        (shop / f"data/{number:03}.json").unlink()
    git(shop, "add", "--force", "--all", ".")
    git(shop, "update-index", "--assume-unchanged", "data/199.json")
    project = DiskProject.open(shop)
    listed = set(git(shop, "ls-files", "-z").split("\0")) - {"", "data/199.json"}
    assert tracked_files(project) == listed >= {"new.csv", "data/aaa.json", "data/007.json"}
    assert executable_files(project) == {"data/100.json"}
    for shared in (shop / ".git").glob("sharedindex.*"):
        shared.unlink()
    assert tracked_files(project) is None and "not known" in why_unread(project)
    assert "all stay out" in evidence(shop)[".git"]


@pytest.fixture(params=["absolute", "relative"])
def linked(shop: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A linked worktree, whose .git names its folder in either way."""
    write(shop, "rates.csv")
    git(shop, "add", "--force", ".")
    git(shop, "commit", "-qm", "one")
    root = tmp_path / "linked"
    git(shop, "worktree", "add", "-q", str(root), "-b", "other")
    if request.param == "relative":
        (root / ".git").write_text("gitdir: ../shop/.git/worktrees/linked\n")
        (shop / ".git/worktrees/linked/gitdir").write_text("../../../../linked/.git\n")
    return root


def test_a_linked_worktree_has_an_index_of_its_own(linked: Path, shop: Path) -> None:
    write(linked, "towns.csv", "mine.csv")
    git(linked, "add", "--force", "towns.csv")
    assert in_image(linked) == {"rates.csv", "towns.csv"}
    assert in_image(shop) == {"rates.csv"}
    write(linked, "web/lib/a.js")
    git(linked, "add", "--force", "web")
    assert tracked_files(DiskProject.open(linked / "web")) == {"lib/a.js"}


def test_a_submodule_has_an_index_of_its_own(shop: Path, tmp_path: Path) -> None:
    part = new_repository(tmp_path / "part")
    write(part, "rates.csv")
    git(part, "add", ".")
    git(part, "commit", "-qm", "one")
    git(shop, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(part), "part")
    assert (shop / "part/.git").is_file()
    assert tracked_files(DiskProject.open(shop / "part")) == {"rates.csv"}


def test_a_file_that_leads_to_a_repository_that_does_not_lead_back_is_not_followed(
    linked: Path, shop: Path, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger"
    write(stranger, "rates.csv")
    (stranger / "app.py").write_text(FLASK_APP)
    (stranger / ".gitignore").write_text("*.csv\n")
    for place in (shop / ".git", shop / ".git/worktrees/linked"):
        (stranger / ".git").write_text(f"gitdir: {place}\n")
        assert tracked_files(DiskProject.open(stranger)) is None
        assert "leads to no folder that leads back here" in evidence(stranger)[".git"]
        assert read_revision(stranger) == Revision()
