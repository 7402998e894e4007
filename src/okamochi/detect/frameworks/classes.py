"""The classes whose objects are web applications, by framework: what a server of their interface can load."""

import msgspec

from okamochi.model.plan import Framework, ServerInterface

__all__ = [
    "CLASSES",
    "CONFIGURATORS",
    "CONNEXION",
    "CONVERTERS",
    "FIRST_OF_SEVERAL",
    "OF_STARS",
    "OF_THEIR_OWN",
    "TITLES",
    "WORDS",
    "title_of",
]


class ApplicationClasses(msgspec.Struct, frozen=True):
    """`names` are called to make an application. `words`: one of them is in the text of every module that
    imports one of the names."""

    framework: Framework
    interface: ServerInterface
    names: tuple[str, ...]
    words: tuple[str, ...]


WSGI, ASGI = ServerInterface.WSGI, ServerInterface.ASGI

APPLICATIONS = (
    ApplicationClasses(
        Framework.FLASK,
        WSGI,
        (
            "flask.Flask",
            "flask.app.Flask",
            "apiflask.APIFlask",
            "apiflask.app.APIFlask",
            "flask_openapi3.OpenAPI",
            "flask_openapi3.openapi.OpenAPI",
            "flask_api.FlaskAPI",
            "eve.Eve",
            "flask_lambda.FlaskLambda",
            "quart_flask_patch.Flask",
        ),
        (*("flask", "apiflask", "flask_openapi3", "flask_api", "eve", "flask_lambda"), "quart_flask_patch"),
    ),
    ApplicationClasses(
        Framework.FLASK,
        ASGI,
        (
            *("connexion.App", "connexion.FlaskApp"),
            *("connexion.apps.flask.FlaskApp", "connexion.apps.flask_app.FlaskApp"),
        ),
        ("connexion",),
    ),
    ApplicationClasses(Framework.STARLETTE, ASGI, ("connexion.AsyncApp",), ("connexion",)),
    ApplicationClasses(
        Framework.DASH,
        WSGI,
        ("dash.Dash", "dash.dash.Dash", "jupyter_dash.JupyterDash"),
        ("dash", "jupyter_dash"),
    ),
    ApplicationClasses(Framework.QUART, ASGI, ("quart.Quart", "quart.app.Quart"), ("quart",)),
    ApplicationClasses(
        Framework.FASTAPI,
        ASGI,
        ("fastapi.FastAPI", "fastapi.applications.FastAPI", "fastapi_offline.FastAPIOffline"),
        ("fastapi", "fastapi_offline"),
    ),
    ApplicationClasses(
        Framework.STARLETTE,
        ASGI,
        ("starlette.applications.Starlette", "fasthtml.common.FastHTML", "fasthtml.FastHTML"),
        ("starlette", "fasthtml"),
    ),
    ApplicationClasses(
        Framework.LITESTAR,
        ASGI,
        ("litestar.Litestar", "litestar.app.Litestar", "starlite.Starlite"),
        ("litestar", "starlite"),
    ),
    ApplicationClasses(
        Framework.DJANGO,
        WSGI,
        (
            *("django.core.wsgi.get_wsgi_application", "configurations.wsgi.get_wsgi_application"),
            "django.core.handlers.wsgi.WSGIHandler",
        ),
        ("get_wsgi_application", "WSGIHandler"),
    ),
    ApplicationClasses(
        Framework.DJANGO,
        ASGI,
        (
            "django.core.asgi.get_asgi_application",
            "configurations.asgi.get_asgi_application",
            "django.core.handlers.asgi.ASGIHandler",
            "channels.routing.ProtocolTypeRouter",
        ),
        ("get_asgi_application", "ASGIHandler", "ProtocolTypeRouter"),
    ),
    ApplicationClasses(
        Framework.AIOHTTP, ASGI, ("aiohttp.web.Application", "aiohttp.web_app.Application"), ("aiohttp",)
    ),
    ApplicationClasses(
        Framework.BOTTLE,
        WSGI,
        ("bottle.Bottle", "bottle.default_app", "bottle.app", "bottle.app.push"),
        ("bottle",),
    ),
    ApplicationClasses(Framework.FALCON, WSGI, ("falcon.App", "falcon.API"), ("falcon",)),
    ApplicationClasses(Framework.FALCON, ASGI, ("falcon.asgi.App",), ("falcon",)),
    ApplicationClasses(Framework.SANIC, ASGI, ("sanic.Sanic", "sanic.app.Sanic"), ("sanic",)),
    ApplicationClasses(Framework.TORNADO, ASGI, ("tornado.web.Application",), ("tornado",)),
    ApplicationClasses(
        Framework.BLACKSHEEP,
        ASGI,
        (
            "blacksheep.Application",
            "blacksheep.server.Application",
            "blacksheep.server.application.Application",
        ),
        ("blacksheep",),
    ),
    ApplicationClasses(
        Framework.PYRAMID,
        WSGI,
        (
            *("pyramid.config.Configurator().make_wsgi_app", "pyramid.paster.get_app"),
            "paste.deploy.loadapp",
        ),
        ("make_wsgi_app", "paster", "loadapp"),
    ),
)
"""aiohttp's own worker and gunicorn's for Tornado take their applications: neither WSGI nor ASGI, loaded as
those are."""

CONNEXION = "connexion.FlaskApp"
"""What an application of Connexion is called here, by whichever of its names it was made: its version says of
which interface it is, and it holds Flask's object as `app`."""

OF_THEIR_OWN = frozenset({Framework.AIOHTTP, Framework.TORNADO})

CONFIGURATORS = frozenset(["pyramid.config.Configurator"])
"""What makes no application itself: a method of its object does, which `names` has behind "()"."""

CLASSES = {name: application for application in APPLICATIONS for name in application.names}
"""The application that a dotted name makes when it is called."""

WORDS = frozenset(word for one in APPLICATIONS for word in one.words)

FIRST_OF_SEVERAL = dict.fromkeys(
    ("fasthtml.common.fast_app", "fasthtml.fastapp.fast_app", "fasthtml.fast_app"), "fasthtml.common.FastHTML"
)
"""What returns an application and more, `app, rt = fast_app()`, and the class of the first:
https://www.fastht.ml/docs/api/fastapp.html"""

OF_STARS: dict[str, tuple[str, ...]] = {}
"""Which of these names `from fasthtml.common import *` brings, by module."""
for _name in (*CLASSES, *FIRST_OF_SEVERAL):
    _module, _, _last = _name.rpartition(".")
    OF_STARS[_module] = (*OF_STARS.get(_module, ()), _last)

CONVERTERS = {
    "asgiref.wsgi.WsgiToAsgi": ASGI,
    "a2wsgi.WSGIMiddleware": ASGI,
    "starlette.middleware.wsgi.WSGIMiddleware": ASGI,
    "uvicorn.middleware.wsgi.WSGIMiddleware": ASGI,
    "a2wsgi.ASGIMiddleware": WSGI,
}
"""Wrappers that turn one interface into the other."""

TITLES = {
    Framework.FLASK: "Flask",
    Framework.QUART: "Quart",
    Framework.FASTAPI: "FastAPI",
    Framework.STARLETTE: "Starlette",
    Framework.LITESTAR: "Litestar",
    Framework.DJANGO: "Django",
    Framework.STREAMLIT: "Streamlit",
    Framework.DASH: "Dash",
    Framework.GRADIO: "Gradio",
    Framework.PANEL: "Panel",
    Framework.BOKEH: "Bokeh",
    Framework.AIOHTTP: "aiohttp",
    Framework.BOTTLE: "Bottle",
    Framework.FALCON: "Falcon",
    Framework.SANIC: "Sanic",
    Framework.TORNADO: "Tornado",
    Framework.PYRAMID: "Pyramid",
    Framework.BLACKSHEEP: "BlackSheep",
    Framework.NICEGUI: "NiceGUI",
    Framework.CHAINLIT: "Chainlit",
    Framework.SHINY: "Shiny",
    Framework.MARIMO: "marimo",
    Framework.SOLARA: "Solara",
    Framework.TAIPY: "Taipy",
    Framework.OTHER: "a program with a server of its own",
}


def title_of(framework: Framework, interface: ServerInterface) -> str:
    if framework is Framework.OTHER and interface is not ServerInterface.OWN:
        return "an application of no framework that is known"
    return TITLES[framework]
