"""What an error says about a package that has no wheel and does not build."""

from okamochi.errors import BuildError, EngineError, OkamochiError, UnfitPythonError
from okamochi.model.plan import Plan
from okamochi.workflows.from_source.unbuildable import unbuildable
from tests.detect.plans import FLASK_APP, planned

BUILD = BuildError("cffi 1.11.5 has no wheel for this image and cannot be built: its build failed", hint="")


def refusal(cffi: str, *more: str) -> UnfitPythonError:
    details = (
        "blinker 1.4 (requirements.txt:2): ask for blinker==1.5",
        f"cffi 1.11.5 (requirements.txt:4): {cffi}",
    )
    found = UnfitPythonError(
        "2 packages have no wheel", where="requirements.txt:2", hint="ask for the versions", details=details
    )
    found.packages = ("blinker==1.4", "cffi==1.11.5", *more)
    return found


def old() -> Plan:
    return planned({"app.py": FLASK_APP, "runtime.txt": "python-3.7.1\n"})


def told(failure: OkamochiError = BUILD, **pythons: str) -> OkamochiError:
    refusals = {
        name.removeprefix("py").replace("_", "."): refusal(advice) for name, advice in pythons.items()
    }
    return unbuildable(next(iter(refusals.values())), [failure], refusals, old())


def test_only_what_does_not_build_is_to_be_changed_and_to_the_nearest_version() -> None:
    error = told(py3_13="ask for cffi==1.17.0", py3_9="ask for cffi==1.14.3")
    assert error.hint.startswith("ask for cffi==1.14.3 (it has a wheel for Python 3.9), or build")
    assert error.where == "requirements.txt:4"
    assert "blinker: without a wheel as well, to be built from source" in error.details
    assert not any("blinker==1.5" in line for line in error.details)


def test_the_python_that_the_project_names_and_nobody_has_is_told() -> None:
    error = told(py3_13="ask for cffi==1.17.0")
    assert any("runtime.txt says 3.7" in line for line in error.details)


def test_another_package_may_be_the_advice() -> None:
    assert told(py3_13="ask for cffi-binary, or cffi2 instead").hint.startswith(
        "ask for cffi-binary, or cffi2"
    )


def test_without_any_version_that_would_do_all_is_told_as_it_was() -> None:
    error = told(py3_13="take a package that ships wheels")
    assert error.hint == "ask for the versions"
    assert any("blinker==1.5" in line for line in error.details)


def test_a_machine_that_cannot_build_is_no_fault_of_the_package() -> None:
    assert told(EngineError("no namespaces", hint="allow them"), py3_13="x").hint == "allow them"
