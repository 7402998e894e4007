"""Which paths an application answers, as its framework knows them."""

from __future__ import annotations

import importlib
from typing import Any

from okamochi.run.proof.program.shapes import Route

MOST_ROUTES = 1000


def routes_of(application: Any) -> list[Route]:
    """Paths, as the framework writes them, with their methods where it names them; sorted."""
    for reader in (flask_routes, listed_routes, django_routes, aiohttp_routes):
        try:
            found = reader(application)
        except Exception:
            found = []
        if found:
            return sorted(found, key=lambda route: (route["path"], route["methods"]))
    return []


def flask_routes(application: Any) -> list[Route]:
    """Flask, Quart; Dash holds its Flask application in `server`."""
    url_map = application.url_map if hasattr(application, "url_map") else application.server.url_map
    return [route(rule.rule, rule.methods or ()) for rule in url_map.iter_rules()]


def listed_routes(application: Any, before: str = "", depth: int = 0) -> list[Route]:
    """Starlette, FastAPI, Litestar, Bottle."""
    found: list[Route] = []
    for one in unfolded(application.routes):
        path = str(getattr(one, "path", None) or getattr(one, "rule", None) or "")
        methods = getattr(one, "methods", None) or [m for m in [getattr(one, "method", None)] if m]
        inner = getattr(one, "app", None)
        if depth < 5 and getattr(inner, "routes", None):
            found += listed_routes(inner, before + path, depth + 1)
        else:
            found.append(route(before + path, methods))
    return found


def unfolded(routes: Any) -> list[Any]:
    """From 0.137 on FastAPI keeps a router as it was included, and puts its paths together when it is asked.
    https://fastapi.tiangolo.com/release-notes/"""
    found: list[Any] = []
    for one in routes:
        if hasattr(one, "effective_route_contexts"):
            # what is Starlette's own, as a mount, stands in a field
            found += [
                getattr(each, "starlette_route", None) or each for each in one.effective_route_contexts()
            ]
        else:
            found.append(one)
    return found


def django_routes(application: Any) -> list[Route]:
    if not type(application).__module__.startswith("django."):
        return []
    get_resolver = importlib.import_module("django.urls").get_resolver
    found: list[Route] = []

    def walk(patterns: Any, before: str, depth: int) -> None:
        for pattern in patterns:
            text = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns") and depth < 6:
                walk(pattern.url_patterns, text, depth + 1)
            else:
                found.append(route("/" + text.replace("^", "").rstrip("$"), ()))

    walk(get_resolver().url_patterns, "", 0)
    return found


def aiohttp_routes(application: Any) -> list[Route]:
    return [route(one.resource.canonical, (one.method,)) for one in application.router.routes()]


def route(path: object, methods: Any) -> Route:
    names = sorted(str(method) for method in methods if method not in ("HEAD", "OPTIONS"))
    return {"path": str(path), "methods": names}
