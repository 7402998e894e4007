"""Pyramid: an object, a function, or an .ini from which Paste Deploy calls a function."""

import pytest

from okamochi.model.plan import Framework, Plan, ServerInterface
from tests.detect.plans import decision, planned

MAIN = (
    "from pyramid.config import Configurator\n\n"
    "def main(global_config, **settings):\n"
    "    with Configurator(settings=settings) as config:\n"
    "        config.include('.routes')\n"
    "    return config.make_wsgi_app()\n"
)
SETUP = (
    "from setuptools import setup\n"
    "setup(name='shop_app', version='0.1', install_requires=['pyramid'],\n"
    "      entry_points={'paste.app_factory': ['main = shop:main']})\n"
)
INI = "[app:main]\nuse = egg:shop_app\nsqlalchemy.url = sqlite:///%(here)s/shop.sqlite\n"
LOADED = "pyramid.paster:get_app({!r})"


def shop(**files: str) -> Plan:
    return planned({"setup.py": SETUP, "shop/__init__.py": MAIN, **files})


@pytest.mark.parametrize(
    "source",
    [
        "from pyramid.config import Configurator\nconfig = Configurator()\napp = config.make_wsgi_app()\n",
        "import pyramid.config as p\nwith p.Configurator() as config:\n    app = config.make_wsgi_app()\n",
    ],
)
def test_what_a_configurator_makes_is_an_application(source: str) -> None:
    plan = planned({"requirements.txt": "pyramid\n", "app.py": source})
    application = plan.application
    assert (application.framework, application.interface) == (Framework.PYRAMID, ServerInterface.WSGI)
    assert application.object_reference == "app:app"
    assert plan.web.argv[0].endswith("/gunicorn")


def test_a_function_of_pastes_form_is_made_an_app_from_the_file_that_leads_to_it() -> None:
    plan = shop(**{"production.ini": INI})
    assert plan.application.object_reference == LOADED.format("production.ini")
    assert "make_wsgi_app" in str(decision(plan, "application.framework").evidence[0])
    assert str(decision(plan, "application.object_reference").evidence[-1]).startswith("production.ini:1")


def test_of_several_files_productions_is_taken_and_none_of_tests() -> None:
    files = dict.fromkeys(("development.ini", "testing.ini", "tests/app.ini"), INI)
    assert shop(**files).application.object_reference == LOADED.format("development.ini")
    files["conf/production.ini"] = INI
    assert shop(**files).application.object_reference == LOADED.format("conf/production.ini")


def test_a_file_may_name_the_function_itself_and_call_its_section_otherwise() -> None:
    named = "[app:shop]\nuse = call:shop:main\n"
    assert shop(**{"shop.ini": named}).application.object_reference == LOADED.format("shop.ini#shop")
    whole = f"{named}[pipeline:main]\npipeline = shop\n"
    assert shop(**{"shop.ini": whole}).application.object_reference == LOADED.format("shop.ini")
    old = "[app:main]\npaste.app_factory = shop:main\n"
    assert shop(**{"shop.ini": old}).application.object_reference == LOADED.format("shop.ini")


def test_a_file_of_another_app_and_one_that_no_parser_reads_lead_nowhere() -> None:
    files = {"other.ini": "[app:main]\nuse = egg:other\n", "broken.ini": "[app:main\nuse = egg:shop_app\n"}
    assert shop(**files).application.object_reference == "shop:main({})"


def test_a_function_of_pastes_form_without_a_file_is_called_with_no_settings() -> None:
    assert shop().application.object_reference == "shop:main({})"


def test_a_function_that_needs_more_is_told_as_one_that_cannot_be_called() -> None:
    source = MAIN.replace("(global_config, **settings)", "(settings, routes)")
    with pytest.raises(Exception, match="none can be called as it is"):
        planned({"requirements.txt": "pyramid\n", "shop/__init__.py": source})


def test_the_sqlite_file_of_the_settings_is_kept_in_a_volume() -> None:
    plan = shop(**{"conf/production.ini": INI})
    assert [one.path for one in plan.moved_files] == [] and "/app/conf" in [one.path for one in plan.volumes]
    plan = shop(**{"production.ini": INI})
    assert [one.path for one in plan.moved_files] == ["/app/shop.sqlite"]


def test_alembics_section_of_the_file_is_what_the_release_follows() -> None:
    files = {
        "production.ini": f"{INI}[alembic]\nscript_location = shop/alembic\n",
        "shop/alembic/env.py": "from alembic import context\n",
        "shop/alembic/versions/1.py": "revision = '1'\ndown_revision = None\ndef upgrade():\n    pass\n",
    }
    release = next(one for one in shop(**files).processes if one.name == "release")
    assert release.argv[1:] == ("--config", "production.ini", "upgrade", "head")
    del files["shop/alembic/env.py"]
    assert all(one.name != "release" for one in shop(**files).processes)


def test_what_a_module_for_servers_makes_of_the_file_itself_goes_before() -> None:
    made = "from pyramid.paster import get_app\napplication = get_app('production.ini', 'main')\n"
    plan = shop(**{"production.ini": INI, "wsgi.py": made})
    assert plan.application.object_reference == "wsgi:application"
    assert plan.application.framework is Framework.PYRAMID


def test_a_script_of_the_package_that_sets_its_data_up_is_offered_with_the_file() -> None:
    scripts = (
        "'console_scripts': ['initialize_shop_db = shop.setup:main', 'shop_report = shop.report:main'], "
    )
    files = {"setup.py": SETUP.replace("{'paste", "{" + scripts + "'paste"), "production.ini": INI}
    (command,) = shop(**files).setup_commands
    assert command.name == "initialize_shop_db" and command.argv[-1] == "production.ini"
    assert "from shop.setup import main" in command.argv[2]
