import pytest

from okamochi.errors import DetectionError, OkamochiError, PlanError
from okamochi.pypi.requirement_line import expanded
from okamochi.pypi.requirements import read_requirements
from okamochi.system.project_files import DiskProject, MemoryProject


def read(text, **files):
    project = MemoryProject({"requirements.txt": text, **files})
    return read_requirements(project, ("requirements.txt",))


def specifiers(found):
    return [line.specifier for line in found.lines]


def test_each_specifier_keeps_its_file_and_line():
    found = read("# web\nFlask==3.1.*\n\nflask_login>=0.6 ; python_version > '3.8'  # users\n")
    assert [(line.name, line.where) for line in found.lines] == [
        ("flask", "requirements.txt:2"),
        ("flask-login", "requirements.txt:4"),
    ]
    assert specifiers(found)[1] == "flask_login>=0.6 ; python_version > '3.8'"
    assert found.names == {"flask", "flask-login"}


def test_continued_lines_with_hashes_are_one_requirement():
    found = read("flask==3.1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nsix\n")
    assert found.lines[0].specifier == "flask==3.1.0"
    assert found.lines[0].hashes == ("sha256:aa", "sha256:bb")
    assert found.lines[1].where == "requirements.txt:4"


def test_a_comment_inside_a_continuation_ends_it():
    assert specifiers(read("flask \\\n# why\nsix\n")) == ["flask", "six"]


def test_included_files_are_read_relative_to_the_file_that_names_them():
    project = MemoryProject(
        {
            "requirements/prod.txt": "-r base.txt\n-c ../constraints.txt\ngunicorn\n",
            "requirements/base.txt": "flask[async]\n",
            "constraints.txt": "werkzeug<4\n",
        }
    )
    found = read_requirements(project, ("requirements/prod.txt",))
    assert specifiers(found) == ["flask[async]", "gunicorn"]
    assert [line.specifier for line in found.constraints] == ["werkzeug<4"]
    assert found.input_files == ("constraints.txt", "requirements/base.txt", "requirements/prod.txt")


@pytest.mark.parametrize(
    ("files", "chain"),
    [
        ({"a.txt": "-r a.txt\nflask\n"}, "a.txt:1 -> a.txt"),
        ({"a.txt": "flask\n-r b.txt\n", "b.txt": "-r ./a.txt\n"}, "a.txt:2 -> b.txt:1 -> a.txt"),
        (
            {"a.txt": "-r b.txt\n", "b.txt": "six\n-c c.txt\n", "c.txt": "-r b.txt\n"},
            "b.txt:2 -> c.txt:1 -> b.txt",
        ),
        ({"a.txt": "-c a.txt\n"}, "a.txt:1 -> a.txt"),
    ],
)
def test_a_file_that_includes_itself_is_told_with_every_line_of_the_circle(files, chain):
    with pytest.raises(DetectionError, match=rf"includes itself: {chain}$") as caught:
        read_requirements(MemoryProject(files), ("a.txt",))
    assert caught.value.where == chain.split(" -> ")[-2]


def test_a_file_that_two_others_include_is_read_once():
    files = {
        "a.txt": "-r b.txt\n-r c.txt\n-r b.txt\n",
        "b.txt": "-r d.txt\n",
        "c.txt": "-r d.txt\n-c d.txt\n",
    }
    found = read_requirements(MemoryProject({**files, "d.txt": "flask\n"}), ("a.txt", "d.txt"))
    assert specifiers(found) == ["flask"]


def test_files_that_are_nested_without_end_are_told():
    files = {f"{number}.txt": f"-r {number + 1}.txt\n" for number in range(2000)}
    with pytest.raises(DetectionError, match="more than 50 deep"):
        read_requirements(MemoryProject(files), ("0.txt",))


@pytest.mark.parametrize("line", ["-rbase.txt", "-r base.txt", "--requirement=base.txt", "-r=base.txt"])
def test_all_spellings_of_an_inclusion_are_understood(line):
    assert specifiers(read(line + "\n", **{"base.txt": "flask\n"})) == ["flask"]


def test_index_options_are_collected_and_the_last_index_counts():
    found = read(
        "-i https://one.example/simple\n--index-url=https://two.example/simple\n"
        "--extra-index-url https://${USER_NAME}:${SECRET}@three.example/simple\n"
        "--find-links ./wheels\n--trusted-host two.example\n--only-binary :all:\n--prefer-binary\nflask\n",
        **{"wheels/six-1.0-py3-none-any.whl": "x"},
    )
    assert found.indexes.index_url == "https://two.example/simple"
    assert found.indexes.extra_index_urls == ("https://${USER_NAME}:${SECRET}@three.example/simple",)
    assert found.indexes.find_links == ("wheels",)
    assert found.indexes.trusted_hosts == ("two.example",)


def test_variables_are_replaced_only_in_braces_and_capitals():
    environ = {"TOKEN": "s3cret"}
    assert expanded("https://${TOKEN}@x/$TOKEN/${token}/${UNSET}", environ) == (
        "https://s3cret@x/$TOKEN/${token}/${UNSET}"
    )


def test_a_powershell_file_in_utf16_with_crlf_is_read(tmp_path):
    (tmp_path / "requirements.txt").write_bytes("Flask==3.1.0\r\ngunicorn\r\n".encode("utf-16"))
    found = read_requirements(DiskProject.open(tmp_path), ("requirements.txt",))
    assert found.names == {"flask", "gunicorn"}


def test_the_address_of_a_wheel_is_a_direct_reference():
    found = read("https://files.example/six-1.17.0-py2.py3-none-any.whl ; python_version > '3'\n")
    assert found.lines[0].name == "six"
    assert specifiers(found)[0].startswith("six @ https://files.example/six-1.17.0-py2.py3-none-any.whl ;")


@pytest.mark.parametrize(
    "line",
    [
        "hg+https://user:pw@forge.example/x",
        "hg+https://user:half@pw@forge.example/x",
        "thing @ svn+https://forge.example/x",
        "https://files.example/thing",
        "thing @ file:///srv/thing-1.0-py3-none-any.whl",
        "-e /srv/lib",
        "~/lib",
    ],
)
def test_what_cannot_be_had_from_its_place_is_refused_with_its_line(line):
    with pytest.raises(PlanError) as caught:
        read(f"flask\n{line}\n")
    assert caught.value.where == "requirements.txt:2"
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "line", ["http://[::1/six-1.0.tar.gz", "git+https://[x/lib.git", "six @ https://[x/y.zip"]
)
def test_an_address_that_is_none_is_an_error_with_its_line(line):
    with pytest.raises(DetectionError, match="no dependency specifier") as caught:
        read(f"flask\n{line}\n")
    assert caught.value.where == "requirements.txt:2"


@pytest.mark.parametrize("line", ["Flask         2.0.2  ", "six\t1.16.0.post1", "Package    Version"])
def test_what_pip_list_prints_is_told_as_that(line):
    with pytest.raises(DetectionError, match="what `pip list` prints") as caught:
        read(f"flask\n{line}\n")
    assert caught.value.where == "requirements.txt:2" and "pip freeze" in caught.value.hint


@pytest.mark.parametrize("line", ["./lib", "-e lib/thing", "../elsewhere", "./lib/thing.zip"])
def test_a_folder_that_is_no_package_is_an_error_with_its_line(line):
    with pytest.raises(DetectionError, match="is no package") as caught:
        read(f"flask\n{line}\n")
    assert caught.value.where == "requirements.txt:2"


@pytest.mark.parametrize(
    ("line", "specifier"),
    [
        ("-e ./libs/common", "common @ file:libs/common"),
        (
            "./libs/common[pdf] ; python_version > '3'",
            "common[pdf] @ file:libs/common ; python_version > '3'",
        ),
        ("libs/common", "common @ file:libs/common"),
        ("file:libs/common", "common @ file:libs/common"),
        ("libs\\common", "common @ file:libs/common"),
        ("common @ file:./libs/common", "common @ file:libs/common"),
        ("common @ file:///${PROJECT_ROOT}/libs/common", "common @ file:libs/common"),
        ("./wheels/six-1.0-py3-none-any.whl", "six @ file:wheels/six-1.0-py3-none-any.whl"),
        ("git+https://forge.example/a/shop.git", "shop @ git+https://forge.example/a/shop.git"),
        (
            "-e git+ssh://git@forge.example/a/shop.git@v1#egg=our-shop[x]&subdirectory=py",
            "our-shop[x] @ git+ssh://git@forge.example/a/shop.git@v1#subdirectory=py",
        ),
        ("thing @ git+https://forge.example/x@main", "thing @ git+https://forge.example/x@main"),
        ("https://files.example/our-shop-1.0.tar.gz", "our-shop @ https://files.example/our-shop-1.0.tar.gz"),
        (
            "https://forge.example/a/shop/archive/refs/heads/main.zip",
            "shop @ https://forge.example/a/shop/archive/refs/heads/main.zip",
        ),
    ],
)
def test_places_are_written_in_one_form(line, specifier):
    package = '[project]\nname = "common"\nversion = "1"\n'
    found = read(
        f"{line}\n", **{"libs/common/pyproject.toml": package, "wheels/six-1.0-py3-none-any.whl": "x"}
    )
    assert specifiers(found) == [specifier]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("flask ==\n", "requirements.txt:1"),
        ("flask\n-r missing.txt\n", "requirements.txt:2"),
        ("-r ../../outside.txt\n", "requirements.txt:1"),
        ("-r /etc/passwd\n", "requirements.txt:1"),
        ("-r https://example.org/r.txt\n", "requirements.txt:1"),
        ("--frobnicate\n", "requirements.txt:1"),
        ("-r\n", "requirements.txt:1"),
        ("pip install flask\n", "requirements.txt:1"),
    ],
)
def test_a_bad_line_is_named(text, where):
    with pytest.raises(DetectionError) as caught:
        read(text)
    assert caught.value.where == where


def test_all_bad_lines_are_told_at_once():
    with pytest.raises(OkamochiError) as caught:
        read("flask ==\nsix\n-r missing.txt\n")
    assert any("requirements.txt:3" in line for line in caught.value.details)


def test_a_link_that_leads_out_of_the_project_is_not_read(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("flask\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").symlink_to(outside)
    with pytest.raises(DetectionError):
        read_requirements(DiskProject.open(project), ("requirements.txt",))


PYPROJECT = """\
[project]
name = "shop"
version = "1"
dependencies = [
    "flask>=3",
]
[project.optional-dependencies]
web_server = ["gunicorn; sys_platform == 'linux'"]
"""


def test_the_project_itself_stands_for_its_declared_dependencies():
    found = read("-e .[web-server]\nsix\n", **{"pyproject.toml": PYPROJECT})
    assert (found.lines[0].name, found.lines[0].where) == ("flask", "pyproject.toml:5")
    assert found.names == {"flask", "gunicorn", "six"}
    assert found.itself is not None and found.itself.where == "requirements.txt:1"
    assert "pyproject.toml" in found.input_files


OWN_REPOSITORY = "git+ssh://git@example.com/me/shop.git@0123456#egg={}"


@pytest.mark.parametrize("prefix", ["-e ", "shop @ "])
def test_the_projects_own_repository_is_the_project_itself(prefix):
    lines = f"{prefix}{OWN_REPOSITORY.format('shop')}\nsix==1.17.0\n"
    found = read(lines, **{"pyproject.toml": "[project]\nname = 'Shop'\nversion = '1'\n"})
    assert [one.name for one in found.lines] == ["six"]
    assert found.itself is not None and found.itself.where == "requirements.txt:1"


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\n"}])
def test_anothers_repository_is_asked_for(files):
    found = read(f"-e {OWN_REPOSITORY.format('lib')}\n", **files)
    assert ([one.name for one in found.lines], found.itself) == (["lib"], None)


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": "[project]\nname='x'\ndynamic=['dependencies']\n"}])
def test_the_project_itself_without_declared_dependencies_is_refused(files):
    with pytest.raises(PlanError) as caught:
        read("-e .\n", **files)
    assert caught.value.where == "requirements.txt:1"


@pytest.mark.parametrize("asked", ["", ", install_requires=[]"])
def test_a_project_whose_setup_asks_for_nothing_is_as_good_as_none(asked):
    """The name is one that setuptools takes, too."""
    setup = (
        f"from setuptools import find_packages, setup\nsetup(name='Medical Chatbot', version='0.1'{asked})\n"
    )
    found = read("flask\n-e .\n", **{"setup.py": setup})
    assert specifiers(found) == ["flask"]
    assert found.itself is not None and found.itself.name == "medical-chatbot"


@pytest.mark.parametrize("more", ["**given", "install_requires=wanted()", "distclass=Shop"])
def test_a_setup_that_may_ask_for_something_is_refused(more):
    setup = f"import setuptools\nsetuptools.setup(name='shop', {more})\n"
    with pytest.raises(PlanError, match="do not list"):
        read("-e .\n", **{"setup.py": setup})


def test_an_extra_that_does_not_exist_is_refused():
    with pytest.raises(DetectionError, match="nope"):
        read(".[nope]\n", **{"pyproject.toml": PYPROJECT})


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_an_encoding_without_its_mark_is_told_once_with_what_to_save(encoding):
    with pytest.raises(DetectionError, match="it holds NUL characters") as caught:
        read("flask\nclick\n".encode(encoding))
    assert "UTF-8" in caught.value.hint
    assert caught.value.details == ()
    assert specifiers(read("flask\nclick\n".encode("utf-16"))) == ["flask", "click"]


def test_words_behind_an_option_are_passed_over_as_pip_does_and_told():
    found = read("--find-links=https://wheels.example.org GDAL\nflask\n")
    assert [one.name for one in found.lines] == ["flask"]
    assert found.unread == (("requirements.txt:1", "GDAL"),)
    assert found.indexes.find_links == ("https://wheels.example.org",)
