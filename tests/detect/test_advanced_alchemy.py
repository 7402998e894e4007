"""Migrations of Litestar apps with Advanced Alchemy: no alembic.ini tells where they are, the app does."""

from tests.detect.plans import planned
from tests.detect.test_processes import commands

APP = "from litestar import Litestar\nfrom shop.db import plugin\napp = Litestar([], plugins=[plugin])\n"
DATABASE = (
    "from advanced_alchemy.extensions.litestar import AlembicAsyncConfig, SQLAlchemyPlugin\n"
    "plugin = SQLAlchemyPlugin(AlembicAsyncConfig(script_location='history'))\n"
)
FILES = {
    "requirements.txt": "litestar\nadvanced-alchemy\n",
    "shop/__init__.py": "",
    "shop/main.py": APP,
    "shop/db.py": DATABASE,
    "history/env.py": "from advanced_alchemy.base import metadata_registry\n",
    "history/versions/one.py": "revision = 'a'\ndown_revision = None\ndef upgrade(): pass\n",
}
UPGRADE = ("/opt/venv/bin/litestar", "--app", "shop.main:app", "database", "upgrade", "--no-prompt")


def test_they_are_a_release_process_of_litestar_s_own_command() -> None:
    assert commands(planned(FILES)) == {"release": UPGRADE}
    made = APP.replace("app = ", "def create_app():\n    return ")
    factory = commands(planned({**FILES, "shop/main.py": made}))["release"]
    assert factory[2] == "shop.main:create_app"


def test_there_are_none_where_the_app_tells_of_none_and_alembics_own_file_comes_first() -> None:
    plain = DATABASE.replace("AlembicAsyncConfig(script_location='history')", "").replace(
        "AlembicAsyncConfig, ", ""
    )
    assert commands(planned({**FILES, "shop/db.py": plain})) == {}
    of_alembic = {**FILES, "alembic.ini": "[alembic]\nscript_location = history\n"}
    assert commands(planned(of_alembic))["release"][0] == "/opt/venv/bin/alembic"
