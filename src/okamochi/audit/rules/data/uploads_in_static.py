"""What visitors send is served as the app's own pages.

A folder below the app's static files is answered for as it is, by the ending of the name: an .html or .svg
that somebody has uploaded runs its scripts as this site, with the cookies and the rights of whoever looks at
it. Nobody is asked for a login there, and a volume at that place hides what later images bring.

Fix: a folder of its own outside of static, and a route that sends the file:
`send_from_directory(folder, name, as_attachment=True)`; or an object store.

Okamochi: takes the folder as the code says it, and makes a volume of it; where it lies is the code's.

See: https://flask.palletsprojects.com/en/stable/patterns/fileuploads/ and
https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.system.patterns import regex

SEVERITY = Severity.NOTE
STATIC = regex(r"/app/(?:.*/)?static/.+")
# where a module takes files from visitors
TAKES = regex(r"\brequest\.files\b|\bFileField\b|\bUploadFile\b|\bFILES\b|\bFileStorage\b")


def look(setup: Setup) -> Finds:
    for decision in setup.plan.decisions if setup.plan is not None else ():
        folder = decision.field.removeprefix("volumes.")
        if folder == decision.field or not STATIC.fullmatch(folder):
            continue
        taking = [one for one in decision.evidence if one.line and TAKES.search(setup.file(one.path).text)]
        if taking:
            yield Found(
                path=taking[0].path,
                line=taking[0].line,
                message=f"{folder} is among the static files: an uploaded .html or .svg runs as this site",
                hint="a folder outside of static, and send_from_directory(…, as_attachment=True)",
            )
