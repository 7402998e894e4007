"""Files that git names and does not have."""

from okamochi.detect.files.left_out import left_out
from tests.detect.plans import FLASK_APP, planned

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 90000000\n"


def warnings(**files: str) -> list[str]:
    plan = planned({"app.py": FLASK_APP, **{name.replace("__", "/"): text for name, text in files.items()}})
    return [one.summary for one in plan.decisions if one.field == "source" and "Warning" in one.summary]


def test_pointers_of_git_lfs_are_told_before_an_image_is_made_of_them() -> None:
    files = {
        ".gitattributes": "*.pkl filter=lfs diff=lfs merge=lfs -text\n/data/* filter=lfs\n",
        "model/one.pkl": POINTER,
        "data/two.csv": POINTER,
        "model/there.pkl": "x" * 2000,
        "notes.txt": POINTER,
    }
    (told,) = warnings(**files)
    assert "Git LFS keeps data/two.csv, model/one.pkl, and" in told and "git lfs pull" in told
    assert warnings(**{**files, ".gitattributes": "*.pkl text\n"}) == []


def test_what_dvc_keeps_and_nobody_pulled_is_told() -> None:
    stub = "outs:\n- path: model.pkl\n"
    assert "dvc pull" in warnings(**{"model/model.pkl.dvc": stub})[0]
    assert warnings(**{"model/model.pkl.dvc": stub, "model/model.pkl": "there"}) == []


def test_what_the_image_is_without_anyway_is_not_told() -> None:
    files = {".gitattributes": "*.pkl filter=lfs\n", "tests/one.pkl": POINTER, "docs/two.pkl": POINTER}
    assert warnings(**{**files, "tests/three.bin.dvc": "outs:\n", ".dockerignore": "docs/two.pkl\n"}) == []
    assert "docs/two.pkl" in warnings(**files)[0] and "tests/one.pkl" not in warnings(**files)[0]
    assert "dvc pull" in warnings(**{"model.bin.dvc": "outs:\n", ".gitignore": "/model.bin\n"})[0]


def test_what_dvc_pulled_is_in_the_image_though_git_ignores_it() -> None:
    files = {
        "app.py": FLASK_APP,
        "model/.gitignore": "/big.pkl\n/other.pkl\n",
        "model/big.pkl.dvc": "outs:\n",
    }
    is_out = left_out(planned({**files, "model/big.pkl": "x", "model/other.pkl": "x"}).source.exclude)
    assert not is_out("model/big.pkl") and is_out("model/other.pkl")
