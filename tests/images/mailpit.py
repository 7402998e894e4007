#!/usr/bin/python3
"""What tests need of Mailpit: SMTP on 1025, /api/v1/messages on 8025, `mailpit readyz` as a check."""

import email
import email.policy
import json
import signal
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

CAUGHT: list[dict[str, object]] = []


class Catcher:
    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        to = [{"Address": one} for one in envelope.rcpt_tos]
        subject, sender = message["subject"], {"Address": envelope.mail_from}
        CAUGHT.append({"Subject": str(subject or ""), "From": sender, "To": to})
        return "250 2.0.0 Ok: queued"


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"total": len(CAUGHT), "messages": CAUGHT}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    if sys.argv[1:] == ["readyz"]:
        urllib.request.urlopen("http://127.0.0.1:8025/readyz", timeout=4).close()
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Controller(Catcher(), hostname="0.0.0.0", port=1025).start()
    ThreadingHTTPServer(("0.0.0.0", 8025), Pages).serve_forever()


if __name__ == "__main__":
    main()
