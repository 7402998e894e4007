"""The environment in which an image evaluates markers (PEP 508), whatever the host is."""

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

__all__ = ["applies", "image_environment"]


def image_environment(python_version: str, machine: str = "x86_64") -> dict[str, str]:
    """`python_version` is "3.13"; `machine` as platform.machine() tells it."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python_version}.10",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python_version}.10",
        "python_version": python_version,
        "sys_platform": "linux",
    }


def applies(marker: str, environment: dict[str, str], extras: tuple[str, ...] = ()) -> bool:
    """Whether a marker holds with any of the extras; one that cannot be understood is taken to hold, since
    the resolver will judge it again."""
    if not marker:
        return True
    try:
        parsed = Marker(marker)
        return any(parsed.evaluate({**environment, "extra": extra}) for extra in (extras or ("",)))
    except (InvalidMarker, UndefinedEnvironmentName, RecursionError):
        return True
