"""A folder of a trail's bucket, served as the two operations of S3 that `aws cloudtrail validate-logs` calls."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from pages import served


class Handler(BaseHTTPRequestHandler):
    """GET /BUCKET lists objects; GET /BUCKET/KEY gives one with its metadata. Nobody is asked who they are."""

    folder = None

    def do_GET(self):
        url = urlsplit(self.path)
        bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
        place = self.folder / key
        if not key:
            self._answer(200, self._listing(bucket, parse_qs(url.query)).encode())
        elif place.is_file():
            self._answer(200, place.read_bytes(), self._metadata(place))
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    do_HEAD = do_GET  # noqa: N815  the name that the standard library calls

    def _listing(self, bucket, query):
        prefix, marker = query.get("prefix", [""])[0], query.get("marker", [""])[0]
        keys = sorted(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*.json.gz") if path.name[0] != "."
        )
        shown = "".join(
            f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys if key.startswith(prefix) and key > marker
        )
        return f"<ListBucketResult><Name>{bucket}</Name><IsTruncated>false</IsTruncated>{shown}</ListBucketResult>"

    @staticmethod
    def _metadata(place):
        beside = place.with_name(f"{place.name}.metadata")
        return json.loads(beside.read_text()) if beside.exists() else {}

    def _answer(self, status, body, metadata=None):
        self.send_response(status)
        for name, value in (metadata or {}).items():
            self.send_header(f"x-amz-meta-{name}", value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def shared(folder):
    """The URL of the folder while the context lasts."""
    with served(type("Bound", (Handler,), {"folder": folder})) as port:
        yield f"http://127.0.0.1:{port}"
