"""On Alpine, wget asks localhost by IPv6, and the server listens by IPv4 alone.

`localhost` is 127.0.0.1 and ::1. BusyBox's wget takes the first address and gives up when it refuses;
curl and Python try the other. Where ::1 comes first the check fails each time, though the server is
well; three projects of the field found it so (seedsync#180, WrzDJ#279, wallabag/docker#407).

Fix: 127.0.0.1 in the check.

Okamochi: asks 127.0.0.1.

See: https://github.com/wallabag/docker/issues/407
"""

from okamochi.audit.addresses import addresses
from okamochi.audit.health import health_checks
from okamochi.audit.images import image_of
from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for check in health_checks(setup):
        stage, address = check.container.stage, check.address
        image = image_of(stage.image) if stage is not None else None
        if check.off or address is None or address["host"] != "localhost" or image is None:
            continue
        by_wget = any(argv[0].rpartition("/")[2] == "wget" for argv in check.command.programs)
        found = addresses(check.container, setup)
        if image.libc == "musl" and by_wget and found and all(one.is_ipv4_only for one in found):
            line = setup.file(check.path).line(check.line)
            yield Found(
                path=check.path,
                line=check.line,
                message=f"wget may ask ::1 for localhost, and {found[0].server.name} listens on "
                f"{found[0].host} alone",
                hint="127.0.0.1 instead of localhost",
                edits=(Edit(check.path, check.line, check.line, line.replace("//localhost", "//127.0.0.1")),)
                if "//localhost" in line
                else (),
            )
