"""Nobody serves Django's static files.

With DEBUG off Django serves none itself: `runserver` did, at the desk, gunicorn does not. The admin's
pages come without style sheets, and nothing says why.

Fix: WhiteNoise in MIDDLEWARE and `collectstatic` during the build; or a proxy that has the files.

Okamochi: WhiteNoise, where nothing of the project serves static files.

See: https://docs.djangoproject.com/en/stable/howto/static-files/deployment/,
https://whitenoise.readthedocs.io/
"""

import re

from okamochi.audit.nginx import is_proxy
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers
from okamochi.audit.services import services
from okamochi.model.plan import Framework
from okamochi.system.words import word_tuple

SEVERITY = Severity.WARNING

# in small letters
SERVED = word_tuple(
    "whitenoise storages staticfiles_storage django.views.static staticfiles_urlpatterns servestatic "
    "staticfiles( static(settings.static_url dj_static"
)
ELSEWHERE_URL = re.compile(r"STATIC_URL\s*=\s*[\"']https?:")
USES = re.compile(r"django\.contrib\.staticfiles")
ELSEWHERE = re.compile(r"(?:.*/)?(?:Caddyfile|nginx[\w.-]*|[\w.-]*\.conf)")


def look(setup: Setup) -> Finds:
    if setup.plan is None or setup.plan.application.framework is not Framework.DJANGO:
        return
    python = [file.text for file in setup.python_files if "static" in file.text.lower()]
    if not any(map(USES.search, python)) or any(map(is_serving, python)):
        return
    if any(is_proxy(one) for one in services(setup)) or any(map(ELSEWHERE.fullmatch, setup.project.files())):
        return
    steps = (one.rest for file in setup.dockerfiles for one in file.shipped.instructions)
    if any("nginx" in rest or "caddy" in rest for rest in steps):
        return
    for container in setup.production:
        for server in servers(container):
            if server.name in ("gunicorn", "uvicorn", "daphne", "hypercorn", "granian"):
                yield Found(
                    path=server.path,
                    line=server.line,
                    message=f"{server.name} serves no static files, and nothing else of the project does",
                    hint="WhiteNoise in MIDDLEWARE, and collectstatic during the build",
                )
                return


def is_serving(text: str) -> bool:
    small = text.lower()
    return any(word in small for word in SERVED) or ELSEWHERE_URL.search(text) is not None
