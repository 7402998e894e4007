import subprocess
import sys

from okamochi import __version__


def test_version_is_answered_without_the_command_line_library() -> None:
    code = (
        "import sys; sys.argv = ['okamochi', '--version']; from okamochi.__main__ import main; main();"
        "print(sorted({'click', 'rich', 'msgspec', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"okamochi {__version__}", "[]"]


def test_help_lists_every_command() -> None:
    from okamochi.cli.main import COMMANDS

    done = subprocess.run(
        [sys.executable, "-m", "okamochi", "--help"], capture_output=True, text=True, check=True
    )
    assert all(name in done.stdout for name in COMMANDS)
