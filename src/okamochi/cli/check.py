"""`okamochi check`: a static audit of container files, with fixes."""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from okamochi.cli.layout import columns, folded
from okamochi.cli.options import json_text
from okamochi.cli.world import real_world, require_utf8
from okamochi.system.clock import utc_now

if TYPE_CHECKING:
    from okamochi.audit.audit import Audited
    from okamochi.workflows.check import Checked

COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}
LEVELS = ("error", "warning", "note")
FOOT = "okamochi check --explain RULE tells why; a comment waives: # okamochi: waive RULE until DATE: reason"


def whole_folder(_: click.Context, __: click.Parameter, path: Path) -> Path:
    """As it is given: its files speak of an app in a folder below, too."""
    require_utf8(path)
    return path


@click.command(name="check")
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]", callback=whole_folder)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a decision of yours.")
@click.option(
    "--fail-on",
    type=click.Choice([*LEVELS, "never"]),
    default="warning",
    help="From which severity on the exit code is 1; default: warning.",
)
@click.option(
    "--explain", metavar="RULE", help="The page of one rule: why it matters, what to write instead."
)
@click.option("--notes", is_flag=True, help="Show notes as well, not only how many there are.")
@click.option("--rules", is_flag=True, help="List all rules and do nothing else.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    help="sarif: for code hosts and editors.",
)
def command(
    path: Path, fix: bool, fail_on: str, explain: str | None, notes: bool, rules: bool, output_format: str
) -> None:
    """What is wrong with the project's Dockerfiles, compose files, manifests and the files beside them.

    All files together: what one says and another needs. Nothing is built, and nothing of the project is
    executed. Exit code 0 when nothing is found from --fail-on on, else 1.
    """
    if explain is not None:
        click.echo(page_of(explain))
        return
    if rules:
        click.echo(all_rules())
        return
    from okamochi.workflows.check import check

    checked = check(path, real_world(), today=utc_now().date(), fix=fix)
    match output_format:
        case "json":
            click.echo(as_json(checked))
        case "sarif":
            click.echo(as_sarif(checked))
        case _:
            tell(checked, notes=notes or fail_on == "note")
    found = {one.severity.value for one in checked.report.findings}
    serious = LEVELS[: LEVELS.index(fail_on) + 1] if fail_on != "never" else ()
    sys.exit(1 if found & set(serious) else 0)


def page_of(name: str) -> str:
    from okamochi.audit.rules import RULES
    from okamochi.errors import UsageError

    rule = next((one for one in RULES if one.name == name), None)
    if rule is None:
        import difflib

        near = difflib.get_close_matches(name, [one.name for one in RULES], n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"there is no rule {name}", where="--explain", hint=f"{meant}okamochi check --rules lists all"
        )
    head = f"{click.style(rule.name, bold=True)}  {styled(rule.severity.value)}"
    return f"{head}\n\n{rule.page.strip()}"


def all_rules() -> str:
    from okamochi.audit.rules import RULES

    width = max(len(one.name) for one in RULES)
    return "\n".join(f"{one.name:<{width}}  {one.severity.value:<7}  {one.title}" for one in RULES)


def tell(checked: "Checked", *, notes: bool) -> None:
    """Findings by file on stdout, its last line the sum; what else is to be known on stderr. Without `notes`
    these are only counted."""
    for path in checked.mended:
        click.echo(f"mended {path}", err=True)
    if checked.not_understood:
        click.echo(f"note: not compared with the app itself: {checked.not_understood}", err=True)
    for said in judged(checked):
        click.echo(said, err=True)
    for path, line, reason in checked.unread:
        click.echo(f"warning: {path}:{line} cannot be read: {reason}", err=True)
    for waiver in checked.report.stale:
        place = f"{waiver.path}:{waiver.line}" if waiver.line else waiver.path
        over = f"was over on {waiver.until}" if waiver.until else "covers nothing"
        click.echo(f"note: {place}: the waiver of {waiver.rule} {over}", err=True)
    shown = [one for one in checked.report.findings if notes or one.severity.value != "note"]
    for path, found in groupby(shown, key=lambda one: one.found.path):
        click.echo(click.style(path, bold=True))
        for one in found:
            click.echo(block(one))
        click.echo()
    if len(shown) < len(checked.report.findings):
        click.echo(click.style("okamochi check --notes shows the notes as well", dim=True))
    if shown:
        click.echo(click.style(folded(FOOT, 0, columns()), dim=True))
    click.echo(summary(checked))


def judged(checked: "Checked") -> Iterator[str]:
    """How each file was judged, and by what, where its name does not say so already."""
    for desk, what in ((False, "production"), (True, "the desk")):
        of_kind = [one for one in checked.judged if one.desk is desk]
        if of_kind:
            named = "; ".join(f"{one.path} ({one.why})" if one.why else one.path for one in of_kind)
            yield f"judged as {what}'s: {named}"


def block(one: "Audited") -> str:
    """A finding in three lines."""
    line = str(one.found.line) if one.found.line else ""
    head = f"{line:>5}  {styled(one.severity.value)}  {click.style(one.rule, fg='cyan')}"
    hint = ("mended by --fix: " if one.found.edits else "") + one.found.hint
    message = f"       {folded(one.found.message, 7, columns())}"
    others = [f"       {click.style(str(place), dim=True)}" for place in one.found.also]
    return "\n".join(
        (head, message, *others, click.style(f"       → {folded(hint, 9, columns())}", dim=True))
    )


def styled(severity: str) -> str:
    return click.style(severity, fg=COLOURS[severity])


def summary(checked: "Checked") -> str:
    findings = checked.report.findings
    if not checked.files:
        return "nothing to check: no Dockerfile, compose file or manifest; okamochi build needs none"
    files = f"{checked.files} file" + ("s" if checked.files != 1 else "")
    if not findings:
        waived = f", {len(checked.report.waived)} waived" if checked.report.waived else ""
        return f"nothing found in {files}{waived}"
    counts = ((level, sum(one.severity.value == level for one in findings)) for level in LEVELS)
    said = ", ".join(f"{count} {level}{'s' if count > 1 else ''}" for level, count in counts if count)
    mendable = sum(bool(one.found.edits) for one in findings)
    fixable = f"; {mendable} can be mended by --fix" if mendable else ""
    return f"{said} in {files}{fixable}"


def as_json(checked: "Checked") -> str:
    report = {
        "judged": checked.judged,
        "findings": checked.report.findings,
        "waived": checked.report.waived,
        "stale_waivers": checked.report.stale,
        "files": checked.files,
        "mended": checked.mended,
        "not_understood": checked.not_understood,
        "unread": [{"path": path, "line": line, "reason": reason} for path, line, reason in checked.unread],
    }
    return json_text(report)


def as_sarif(checked: "Checked") -> str:
    import json

    from okamochi import __version__
    from okamochi.audit.rules import RULES
    from okamochi.audit.sarif import sarif

    return json.dumps(sarif(checked.report, RULES, __version__), indent=2, ensure_ascii=False)
