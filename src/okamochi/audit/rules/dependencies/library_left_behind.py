"""A package is compiled in a builder, and the library that it loads is not where it runs.

psycopg2 and mysqlclient are compiled against the database's own library. The full python image brings it,
the slim one does not, and `COPY --from=builder` takes Python's packages alone: the build succeeds, and the
app ends with "ImportError: libpq.so.5: cannot open shared object file".

Fix: `apt-get install -y --no-install-recommends libpq5` (libmariadb3) in the stage that is shipped; or the
wheels that bring it along, psycopg2-binary and `psycopg[binary]`.

Okamochi: what each compiled module loads is read from its file, and added to the image.

See: https://www.psycopg.org/docs/install.html#build-prerequisites
"""

from okamochi.audit.images import image_of
from okamochi.audit.programs import installed_packages
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.rules.dependencies.no_compiler import compiled
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.audit.steps import copied_from, installs
from okamochi.containerfiles.dockerfile import Instruction, Stage
from okamochi.model.evidence import Evidence

SEVERITY = Severity.ERROR
# the library's package, and beginnings of names that bring it
LIBRARIES = {
    "psycopg2": ("libpq5", ("libpq", "postgresql")),
    "mysqlclient": (
        "libmariadb3",
        ("libmariadb", "mariadb", "libmysql", "default-libmysql", "default-mysql"),
    ),
}


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        image = image_of(file.shipped.image)
        if file.desk or image is None or not image.is_python or not (image.is_slim or image.libc == "musl"):
            continue
        if compiled_in(file.shipped, file, setup):
            continue  # it has, or lacks, what compiling takes
        for copy, builder in builders(file):
            place = next(iter(compiled_in(builder, file, setup)), None)
            known = LIBRARIES.get(place.reason.lower()) if place is not None else None
            if place is None or known is None or has(file.shipped, known[1]):
                continue
            library = known[0] if image.is_slim else known[0].rstrip("0123456789")
            yield Found(
                path=file.path,
                line=copy.line,
                message=f"{place.reason} is compiled in {builder.name or 'the builder'}, and "
                f"{file.shipped.image} has no {library}: the app cannot load it",
                hint=f"install {library} in the last stage, or take the package's binary wheel",
                also=(place,),
            )
            break


def builders(file: Dockerfile) -> tuple[tuple[Instruction, Stage], ...]:
    found = ((one, copied_from(file, one)) for one in file.shipped.all("COPY"))
    return tuple((one, stage) for one, stage in found if stage is not None)


def compiled_in(stage: Stage, file: Dockerfile, setup: Setup) -> tuple[Evidence, ...]:
    """But what is installed from wheels that were made before."""
    fresh = (one for one in installs(stage.instructions) if not one.has("--no-index", "--find-links", "-f"))
    found = (compiled(one, file, setup) for one in fresh)
    return tuple(one for one in found if one is not None)


def has(stage: Stage, beginnings: tuple[str, ...]) -> bool:
    """Whether a step installs it, copies it, or may do so by a script."""
    steps = " ".join(one.rest for one in stage.instructions if one.word in ("COPY", "ADD", "RUN"))
    return any(name.startswith(beginnings) for name in installed_packages(stage)) or any(
        word in steps for word in (*beginnings, ".so", ".sh", "xargs")
    )
