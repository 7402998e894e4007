"""The reverse proxy in front of web, on a server of one's own: Caddy gets its certificates by itself."""

import hashlib

from okamochi.model.plan import PROXY_PROFILE, Plan
from okamochi.render.compose_backing import host_mount
from okamochi.render.rendering import Language, RenderedFile, sayer
from okamochi.render.yaml_text import Commented, Node, Yaml

__all__ = ["CADDYFILE", "PROXY_IMAGE", "caddyfile", "front_network", "proxy", "trust"]


PROXY_IMAGE = "caddy:2"
CADDYFILE = "Caddyfile"
PROXY_HOST = 2
"""The last number of the proxy's address; others get theirs from the upper half of the network."""

WORDS: dict[str, tuple[str, str]] = {
    "front": (
        "web and the proxy only; its address is fixed, since forwarded headers are believed from there alone",
        "web とプロキシだけ。転送ヘッダはこの固定アドレスからのみ信用する",
    ),
    "ports": ("the only ports that are open to everybody", "外部に公開するのはこのポートだけ"),
}

say = sayer(WORDS)

TEXT = """\
# Written by okamochi render compose. https://caddyserver.com/docs/caddyfile
{domain} {{
	encode
	reverse_proxy web:{port} {{
		# while web is replaced, requests wait here instead of failing
		lb_try_duration 60s
		lb_try_interval 100ms
		transport http {{
			# a connection that web closes while it drains must not carry the next request
			keepalive off
		}}
	}}
}}
"""


def caddyfile(plan: Plan) -> tuple[RenderedFile, ...]:
    """Nothing without a domain."""
    if not plan.domain:
        return ()
    text = TEXT.format(domain=plan.domain, port=plan.web.port)
    return (RenderedFile(path=CADDYFILE, content=text.encode()),)


def subnet(plan: Plan) -> str:
    """Of the private range; which one hangs on the name alone, so that apps on one machine seldom meet."""
    number = hashlib.sha256(f"{plan.name} {plan.domain}".encode()).digest()
    return f"10.{192 + number[0] % 60}.{number[1]}"


def front_network(plan: Plan, language: Language) -> Node:
    """`front`, when there is a domain."""
    if not plan.domain:
        return {}
    beginning = subnet(plan)
    config: list[Yaml] = [{"subnet": f"{beginning}.0/28", "ip_range": f"{beginning}.8/29"}]
    return {"front": Commented(say("front", language), {"ipam": {"config": config}})}


def trust(plan: Plan) -> dict[str, str]:
    """What lets web believe the proxy, and nobody else."""
    if not plan.domain:
        return {}
    return {"FORWARDED_ALLOW_IPS": f"{subnet(plan)}.{PROXY_HOST}", "OKAMOCHI_TRUSTED_HOPS": "1"}


def proxy(plan: Plan, language: Language, log: Yaml) -> Node:
    """The service; its ports can be moved, for machines where others listen on 80 and 443."""
    (file,) = caddyfile(plan)
    # Compose does not see that a mounted file changed: its digest makes it start the proxy anew
    digest = hashlib.sha256(file.content).hexdigest()[:16]
    address = "${OKAMOCHI_PUBLIC_ADDRESS:-0.0.0.0}"
    ports: list[Yaml] = [
        f"{address}:${{OKAMOCHI_HTTP_PORT:-80}}:80",
        f"{address}:${{OKAMOCHI_HTTPS_PORT:-443}}:443",
        f"{address}:${{OKAMOCHI_HTTPS_PORT:-443}}:443/udp",
    ]
    return {
        "image": PROXY_IMAGE,
        "profiles": [PROXY_PROFILE],
        "command": ["caddy", "run", "--config", f"/etc/caddy/{CADDYFILE}", "--adapter", "caddyfile"],
        "environment": {"XDG_CONFIG_HOME": "/config", "XDG_DATA_HOME": "/data"},
        "ports": Commented(say("ports", language), ports),
        "labels": {"io.okamochi.caddyfile": digest},
        # no depends_on: Compose recreates what depends on a container that it recreates
        "restart": "unless-stopped",
        "networks": {"front": {"ipv4_address": f"{subnet(plan)}.{PROXY_HOST}"}},
        "read_only": True,
        "tmpfs": ["/tmp"],
        "volumes": [
            host_mount(f"${{OKAMOCHI_FILES:-.}}/{CADDYFILE}", f"/etc/caddy/{CADDYFILE}"),
            "proxy-data:/data",
            "proxy-config:/config",
        ],
        "cap_drop": ["ALL"],
        "cap_add": ["NET_BIND_SERVICE"],
        "security_opt": ["no-new-privileges:true"],
        "stop_grace_period": "35s",
        "logging": log,
    }
