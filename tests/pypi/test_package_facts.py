"""What the files of a package say about it, and the wheel that says that it is installed."""

import zipfile
from pathlib import Path

import pytest
from tests.pypi.wheel_making import make_world

from okamochi.pypi.manifests.package_facts import PackageFacts, read_package
from okamochi.pypi.own_wheel import own_wheel
from okamochi.system.project_files import MemoryProject

PROJECT = '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "My.Shop"\n'
DYNAMIC = f'{PROJECT}dynamic = ["version"]\n'


def facts(files: dict[str, str]) -> PackageFacts:
    found = read_package(MemoryProject(files))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"pyproject.toml": f'{PROJECT}version = "1.02"\n'}, "1.2"),
        (
            {
                "pyproject.toml": f'{DYNAMIC}[tool.hatch.version]\npath = "shop/v.py"\n',
                "shop/v.py": 'x = 1\n__version__ = "3.1"\n',
            },
            "3.1",
        ),
        (
            {
                "pyproject.toml": DYNAMIC
                + '[tool.setuptools.dynamic]\nversion = {attr = "shop.__version__"}\n',
                "src/shop/__init__.py": "__version__ = '4.5'\n",
            },
            "4.5",
        ),
        (
            {
                "pyproject.toml": DYNAMIC + '[tool.setuptools.dynamic]\nversion = {file = ["VERSION"]}\n',
                "VERSION": "0.9\n",
            },
            "0.9",
        ),
        (
            {
                "pyproject.toml": '[build-system]\nbuild-backend = "flit_core.buildapi"\n'
                '[project]\nname = "shop"\ndynamic = ["version"]\n',
                "shop.py": '__version__ = "7"\n',
            },
            "7",
        ),
        (
            {
                "setup.cfg": "[metadata]\nname = shop\nversion = attr: shop.VERSION\n",
                "shop.py": "VERSION = '2'\n",
            },
            "2",
        ),
        ({"setup.py": "from setuptools import setup\nV = '5.6'\nsetup(name='shop', version=V)\n"}, "5.6"),
        (
            {
                "setup.py": "setup(name='shop', version=read('shop/__init__.py'))\n",
                "shop/__init__.py": "__version__ = '8.0'\n",
            },
            "8.0",
        ),
        ({"pyproject.toml": '[tool.poetry]\nname = "shop"\nversion = "1.0-beta"\n', "shop.py": ""}, "1.0b0"),
    ],
)
def test_the_version_is_read_where_the_build_tool_reads_it(files: dict[str, str], version: str) -> None:
    found = facts(files)
    assert (found.version, found.installs) == (version, True)


def test_a_version_of_tags_is_none_and_says_so() -> None:
    text = '[build-system]\nrequires = ["setuptools_scm"]\n[project]\nname = "s"\ndynamic = ["version"]\n'
    found = facts({"pyproject.toml": text})
    assert (found.version, found.from_tags) == ("", True)


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "shop"\nversion = "1"\n',
        '[tool.poetry]\nname = "shop"\nversion = "1"\npackage-mode = false\n',
        '[tool.poetry]\nname = "shop"\nversion = "1"\n',
        f"{PROJECT}[tool.uv]\npackage = false\n",
    ],
)
def test_what_its_tool_does_not_install_is_not_installed(text: str) -> None:
    assert not facts({"pyproject.toml": text}).installs


def test_entry_points_of_all_writings_are_read() -> None:
    points = (("console_scripts", (("shop", "shop.cli:main"),)), ("shop.plugins", (("a", "shop.a"),)))
    table = '[project.scripts]\nshop = "shop.cli:main"\n[project.entry-points."shop.plugins"]\na = "shop.a"\n'
    assert facts({"pyproject.toml": PROJECT + table}).entry_points == points
    cfg = "[metadata]\nname = s\n[options.entry_points]\nconsole_scripts =\n    shop = shop.cli:main\n"
    assert facts({"setup.cfg": f"{cfg}shop.plugins =\n    a = shop.a\n"}).entry_points == points
    both = "{'console_scripts': ['shop = shop.cli:main'], 'shop.plugins': ['a=shop.a']}"
    script = f"setup(name='s', entry_points={both})"
    assert facts({"setup.py": script}).entry_points == points


def test_an_entry_point_that_is_none_is_left_out() -> None:
    table = '[project.scripts]\nevil = "x; import os"\n"a\\nb" = "shop:main"\n'
    assert facts({"pyproject.toml": PROJECT + table}).entry_points == ()


def test_the_own_wheel_says_what_an_editable_installation_says(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": f'{PROJECT}version = "1.0"\n'
        'dependencies = ["flask>=3", "x @ git+https://u:secret@h/x"]\n'
        "[project.optional-dependencies]\npdf = [\"weasyprint; python_version > '3'\"]\n"
        '[project.scripts]\nshop = "shop.cli:main"\n',
        "src/shop/__init__.py": "",
    }
    world = make_world(tmp_path, {})
    built = own_wheel(world, facts(files), "")
    assert built.wheel == own_wheel(world, facts(files), "").wheel
    with zipfile.ZipFile(built.path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert texts["__editable__.my_shop-1.0.pth"] == "/app/src\n"
    assert texts["my_shop-1.0.dist-info/entry_points.txt"] == "[console_scripts]\nshop = shop.cli:main\n"
    metadata = texts["my_shop-1.0.dist-info/METADATA"].splitlines()
    assert metadata[1:4] == ["Name: My.Shop", "Version: 1.0", "Requires-Dist: flask>=3"]
    assert 'Requires-Dist: weasyprint; (python_version > "3") and extra == "pdf"' in metadata
    assert "secret" not in "".join(texts.values())
