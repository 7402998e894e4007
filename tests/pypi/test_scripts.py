import pytest

from okamochi.pypi.scripts import console_scripts, with_image_interpreter


@pytest.mark.parametrize(
    "line",
    [
        "#!python",
        "#!/usr/bin/python3.11",
        "#!/usr/bin/env python",
        "#!/usr/bin/env -S python3 -u",
        "#!pythonw",
        "#!/host/bin/odd-name",
    ],
)
def test_a_python_script_starts_the_images_python(line):
    text = with_image_interpreter(f"{line}\nx = 1\n".encode(), host_interpreter="/host/bin/odd-name")
    assert text == b"#!/opt/venv/bin/python\nx = 1\n"


def test_the_form_for_long_interpreter_paths_is_undone():
    script = b"#!/bin/sh\n'''exec' \"/a very/long path/python\" \"$0\" \"$@\"\n' '''\nx = 1\n"
    assert with_image_interpreter(script, host_interpreter="/x") == b"#!/opt/venv/bin/python\nx = 1\n"


@pytest.mark.parametrize("script", [b"#!/bin/sh\necho\n", b"\x7fELF\x00", b"", b"#!/usr/bin/env node\n"])
def test_other_files_stay_as_they_are(script):
    assert with_image_interpreter(script, host_interpreter="/usr/bin/python3") == script


def test_entry_points_that_could_not_run_make_no_script():
    text = "[console_scripts]\n../up = a:b\nmod = only.module\nok=pkg:main\n[other]\nx = y:z\n"
    assert list(console_scripts(text)) == ["ok"]
    assert console_scripts("not an ini file") == {}
