#!/usr/bin/python3
"""What tests need of versitygw's command line: `versitygw --port :9000 --health PATH posix FOLDER`.

Buckets are folders, objects files (localbucket does that part). Requests must be signed (AWS Signature
Version 4) with the credentials and the region of the environment, as versitygw demands it:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import argparse
import hashlib
import hmac
import os
import re
import signal
import sys
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from localbucket import S3Error, S3Handler

SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>\d{8}/(?P<region>[^/]+)/s3/aws4_request), ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


def refused(code: str, message: str) -> S3Error:
    return S3Error(HTTPStatus.FORBIDDEN, code, message)


class SignedHandler(S3Handler):
    health = ""

    def do_GET(self) -> None:
        if self.path == self.health:
            self._send(HTTPStatus.OK)
        else:
            super().do_GET()

    def _dispatch(self, action) -> None:  # type: ignore[no-untyped-def]
        def checked(bucket: str, key: str) -> None:
            self.check_signature()
            action(bucket, key)

        super()._dispatch(checked)

    def check_signature(self) -> None:
        found = SIGNED.fullmatch(self.headers.get("Authorization", ""))
        if found is None:
            raise refused("AccessDenied", "Access Denied.")
        if found["key"] != os.environ["ROOT_ACCESS_KEY"]:
            raise refused("InvalidAccessKeyId", "there is no such access key")
        if found["region"] != os.environ.get("VGW_REGION", "us-east-1"):
            raise refused("AuthorizationHeaderMalformed", f"the region {found['region']!r} is wrong")
        key = b"AWS4" + os.environ["ROOT_SECRET_KEY"].encode()
        for part in found["scope"].split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        wanted = hmac.new(key, self.text_to_sign(found).encode(), "sha256").hexdigest()
        if not hmac.compare_digest(wanted, found["signature"]):
            raise refused("SignatureDoesNotMatch", "the signature does not match")

    def text_to_sign(self, found: "re.Match[str]") -> str:
        url = urlsplit(self.path)
        pairs = sorted(parse_qsl(url.query, keep_blank_values=True))
        query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
        names = found["headers"].split(";")
        headers = "".join(f"{name}:{' '.join((self.headers.get(name) or '').split())}\n" for name in names)
        payload = self.headers.get("x-amz-content-sha256", "")
        request = "\n".join((self.command, url.path, query, headers, ";".join(names), payload))
        digest = hashlib.sha256(request.encode()).hexdigest()
        return "\n".join(("AWS4-HMAC-SHA256", self.headers["x-amz-date"], found["scope"], digest))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", required=True)
    parser.add_argument("--health", default="")
    parser.add_argument("backend", choices=["posix"])
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    SignedHandler.health = given.health
    SignedHandler.data_root = given.folder.resolve(strict=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host, _, port = given.port.rpartition(":")
    ThreadingHTTPServer((host, int(port)), SignedHandler).serve_forever()


if __name__ == "__main__":
    main()
