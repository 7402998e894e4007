"""Debian packages that files of a project name for other platforms."""

from okamochi.containerfiles.dockerfile import dockerfile_stages
from okamochi.detect.adoption.rows import Verdict
from okamochi.detect.adoption.side_by_side import adoption_of
from okamochi.detect.packages.stated_packages import apt_packages, stated_packages
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.native import NeedKind
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, planned

DOCKERFILE = """\
FROM node:20 AS assets
RUN apt-get install -y ruby
FROM python:3.12-slim AS base
RUN apt-get install -y libpq5
FROM base AS build
RUN apt-get install -y gfortran
FROM base
RUN apt-get update \\
 && apt-get -qq install -y --no-install-recommends -t bookworm-backports \\
    # the videos
    ffmpeg poppler-utils=22.* "libmagic1:amd64" $MORE gcc \\
 && pip install -r requirements.txt > log && apt-get purge -y --auto-remove gcc
CMD ["flask", "run"]
"""


def named(files: dict[str, str | bytes]) -> list[tuple[str, str, int]]:
    return [(one.names[0], one.path, one.line) for one in stated_packages(MemoryProject(files))]


def test_of_a_dockerfile_what_is_left_in_the_last_stage_with_the_line_of_each() -> None:
    assert named({"Dockerfile": DOCKERFILE}) == [
        ("libpq5", "Dockerfile", 4),
        ("ffmpeg", "Dockerfile", 11),
        ("poppler-utils", "Dockerfile", 11),
        ("libmagic1", "Dockerfile", 11),
    ]


def test_the_stage_named_production_counts_though_it_is_not_the_last() -> None:
    text = "FROM a AS production\nRUN apt install ffmpeg\nFROM a AS test\nRUN apt install chromium\n"
    assert named({"Dockerfile": text}) == [("ffmpeg", "Dockerfile", 2)]


def test_a_here_document_is_read_as_its_lines() -> None:
    text = (
        "FROM a\nRUN <<EOF\napt-get update\n# no\napt-get install -y \\\n  ffmpeg\nEOF\nRUN apt install sox\n"
    )
    assert named({"Dockerfile": text}) == [("ffmpeg", "Dockerfile", 6), ("sox", "Dockerfile", 8)]
    (stage,) = dockerfile_stages("FROM a\nRUN <<EOF\nmkdir x\n")
    assert [one.word for one in stage.instructions] == ["FROM", "RUN"]


def test_the_dockerfile_that_other_files_name_is_read_first() -> None:
    files: dict[str, str | bytes] = {
        "Dockerfile": "FROM a\nRUN apt install curl\n",
        "deploy/web.Dockerfile": "FROM a\nRUN apt install ffmpeg\n",
        "../outside": "FROM a\nRUN apt install sox\n",
    }
    assert named({**files, "fly.toml": "[build]\ndockerfile = 'deploy/web.Dockerfile'\n"})[0][0] == "ffmpeg"
    compose = "services:\n  web:\n    build:\n      context: deploy\n      dockerfile: web.Dockerfile\n"
    assert named({**files, "compose.yaml": compose})[0][0] == "ffmpeg"
    render = "services:\n  - type: web\n    dockerfilePath: ./deploy/web.Dockerfile\n"
    assert named({**files, "render.yaml": render})[0][0] == "ffmpeg"
    assert named({**files, "fly.toml": "[build]\ndockerfile = '../outside'\n"})[0][0] == "curl"


def test_lists_of_streamlits_cloud_herokus_buildpack_and_binder() -> None:
    files: dict[str, str | bytes] = {
        "packages.txt": "# for the speech\nffmpeg\n\nlibsndfile1 sox\n",
        "Aptfile": ":repo:deb http://e.org/ stable main\nhttps://e.org/x.deb\ntesseract-ocr  # OCR\n",
        "apt.txt": "ffmpeg\ngraphviz\n",
        "apt.yml": "---\npackages:\n  - xvfb\nrepos: []\n",
    }
    assert named(files) == [
        ("ffmpeg", "packages.txt", 2),
        ("libsndfile1", "packages.txt", 4),
        ("sox", "packages.txt", 4),
        ("tesseract-ocr", "Aptfile", 3),
        ("graphviz", "apt.txt", 2),
        ("xvfb", "apt.yml", 3),
    ]


def test_a_list_of_python_packages_is_none() -> None:
    assert named({"packages.txt": "flask==3.0\nredis\n"}) == []


def test_what_builders_are_told() -> None:
    files: dict[str, str | bytes] = {
        "nixpacks.toml": "[phases.setup]\naptPkgs = ['...', 'ffmpeg']\nnixPkgs = ['sox']\n",
        "railpack.json": '{"deploy": {"aptPackages": ["graphviz"]}, "steps": {}}',
    }
    assert named(files) == [("ffmpeg", "nixpacks.toml", 2), ("graphviz", "railpack.json", 1)]


def test_broken_files_name_nothing() -> None:
    files: dict[str, str | bytes] = {
        "nixpacks.toml": "[phases",
        "railpack.json": "[1",
        "apt.yml": "packages: 3",
        "fly.toml": "[build]\ndockerfile = 7\n",
        "Dockerfile": "RUN apt install ffmpeg\n",
        "packages.txt": b"\xff\xfe\x00",
    }
    assert named(files) == []


def test_words_of_a_command_that_are_no_packages() -> None:
    assert list(apt_packages("-y -o Dpkg::Use-Pty=0 $(cat list) ./local.deb Ffmpeg ffmpeg")) == ["ffmpeg"]


def test_they_are_needs_of_the_plan_with_a_decision_that_says_so() -> None:
    plan = planned({"app.py": FLASK_APP, "packages.txt": "ffmpeg\n"})
    assert [(one.kind, one.names) for one in plan.native.needs] == [(NeedKind.PACKAGE, ("ffmpeg",))]
    (decision,) = [one for one in plan.decisions if one.field == "native.needs"]
    assert decision.summary.endswith("are added, with why: ffmpeg")
    assert decision.evidence == (Evidence(path="packages.txt", line=1, reason="names the package ffmpeg"),)


def test_a_file_that_okamochi_rendered_names_nothing() -> None:
    text = "# Written by okamochi render dockerfile\nFROM a\nRUN apt-get install ffmpeg\n"
    assert named({"Dockerfile": text}) == []


def test_adopted_is_what_is_there_for_this_file_alone_and_what_the_lock_judged_is_told() -> None:
    files: dict[str, str | bytes] = {
        "app.py": FLASK_APP,
        "Dockerfile": "FROM python:3\nRUN apt install libpq5 ffmpeg sox curl\n",
    }
    import msgspec

    def decision(field: str, *reasons: str) -> Decision:
        evidence = tuple(Evidence(path="Dockerfile", line=2, reason=one) for one in reasons)
        return Decision(field=field, summary="", origin=Origin.DETECTED, evidence=evidence)

    plan = planned(files)
    judged = (
        decision("base.packages", "names the package curl: nothing calls it"),
        decision("base.packages.ffmpeg", "names the package ffmpeg"),
        decision("base.packages.libpq5", "links against libpq.so.5", "names the package libpq5"),
    )
    before = [one for one in plan.decisions if one.field != "native.needs"]
    plan = msgspec.structs.replace(plan, decisions=(*before, *judged))
    rows = {row.theirs: row for row in adoption_of(MemoryProject(files), plan).rows if row.topic == "package"}
    assert rows["libpq5"].verdict is Verdict.SAME
    assert rows["ffmpeg"].setting == ("packages", "ffmpeg") and "this file names it" in rows["ffmpeg"].plan
    assert rows["sox"].setting == ("packages", "sox")
    assert (rows["curl"].verdict, rows["curl"].why) == (Verdict.CHANGE, "nothing calls it")


def test_an_endless_list_is_cut_before_it_costs_anything() -> None:
    names = " \\\n".join(f"package{number}" for number in range(20_000))
    assert len(named({"Dockerfile": f"FROM a\nRUN apt-get install {names}\n"})) == 100
