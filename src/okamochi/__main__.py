"""`python -m okamochi` and the `okamochi` program."""

import gc
import sys


def main() -> int:
    try:
        return answer(sys.argv[1:])
    except KeyboardInterrupt:
        # while modules are imported; later on the command itself says what stays
        print("\ninterrupted", file=sys.stderr)
        return 130


def answer(arguments: list[str]) -> int:
    """Answers --version, and builds in the plainest way, without importing the whole command line: that costs
    more than Python's own start."""
    if arguments in (["--version"], ["-V"]):
        from okamochi import __version__

        print(f"okamochi {__version__}")
        return 0
    from okamochi.system.collector import collect_rarely
    from okamochi.system.standard_streams import open_standard_streams

    open_standard_streams()
    collect_rarely()
    try:
        return done(arguments)
    finally:
        # what is left is the system's to take back, not the collector's to look through once more
        gc.freeze()


def done(arguments: list[str]) -> int:
    import_msgspec()
    from okamochi.cli.plain import plain_build

    build = plain_build(arguments)
    if build is not None:
        from okamochi.cli.ending import exit_code_of, leave

        leave(exit_code_of(build.run))
    from okamochi.cli.main import run

    return run(arguments)


def import_msgspec() -> None:
    """Without `typing_extensions`, of which it takes what `typing` has as well, where it finds it: that would
    be a tenth of a build in which nothing changed. Ctrl-C waits: msgspec takes one for the want of what it
    is just importing, goes on without, and crashes at the first type that needs it."""
    import signal

    interrupts: list[int] = []
    handled = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if handled:
        signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
    name = "typing_extensions"
    hidden = name not in sys.modules
    if hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    except ImportError:
        pass  # a version that needs it imports it later
    finally:
        if hidden:
            del sys.modules[name]
        if handled:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    if interrupts:
        raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
