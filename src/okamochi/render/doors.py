"""What files for every target say of doors on the loopback: docs/adr/0047-doors-on-the-loopback.md."""

from collections.abc import Iterator

from okamochi.model.finding import Finding, Severity
from okamochi.model.plan import Plan
from okamochi.render.service_containers import password_name

__all__ = ["coded_findings", "not_at_the_desk"]


def coded_findings(plan: Plan, target: str, folder: str = "") -> Iterator[Finding]:
    """Of services whose password the code has fixed. `folder` is where the stack's own service reads it from,
    "" where the service is somebody else's."""
    for service in plan.services:
        if not service.password_in:
            continue
        name = password_name(service)
        hint = (
            f"write it into {folder}/{name}; better, let the code read the address from a variable"
            if folder
            else f"{service.name} has to take it from {service.user}; better, let the code read the address "
            "from a variable"
        )
        yield Finding(
            rule=f"{target}/password-in-code",
            severity=Severity.WARNING,
            message=f"the password of {service.name} is the one in {service.password_in}, which no file has",
            hint=hint,
            field=f"services.{service.name}",
        )


def not_at_the_desk(plan: Plan) -> Iterator[Finding]:
    """In a development container people start the app by hand."""
    names = [one.name for one in plan.services if one.has_door]
    if names:
        yield Finding(
            rule="devcontainer/fixed-address",
            severity=Severity.WARNING,
            message=f"the code looks for {' and '.join(names)} at localhost, where this container has none",
            hint="let it read the address from a variable; or run it by okamochi dev, which leads it there",
            field=f"services.{names[0]}",
        )
