"""`python -m okamochi` and the `okamochi` program."""

import sys


def main() -> int:
    """Answers --version without importing the command line, which costs more than Python's own start."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from okamochi import __version__

        print(f"okamochi {__version__}")
        return 0
    from okamochi.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
