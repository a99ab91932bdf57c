"""An S3-compatible store in memory that checks every signature: `moto` behind a gate made of AWS's own `botocore`.

In: PORT ID SECRET BUCKET. Out: the store at that port of this machine, with the bucket. Never here: Tollgate's way of signing.
"""

import datetime
import hmac
import sys
import urllib.parse

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.backends import get_backend
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "us-east-1"
ACCOUNT = "123456789012"


class Gate:
    """Lets a request in whose query is signed with the secret, now, over all headers that count."""

    def __init__(self, app, key_id, secret):
        self.app = app
        self.key_id = key_id
        self.auth = S3SigV4QueryAuth(Credentials(key_id, secret), "s3", REGION)

    def __call__(self, environ, start_response):
        if not self.is_signed(environ):
            start_response("403 Forbidden", [("content-type", "application/xml")])
            return [b"<Error><Code>SignatureDoesNotMatch</Code></Error>"]
        return self.app(environ, start_response)

    def is_signed(self, environ):
        pairs = urllib.parse.parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
        query = dict(pairs)
        signature = query.pop("X-Amz-Signature", "")
        at = query.get("X-Amz-Date", "")
        scope = f"{self.key_id}/{at[:8]}/{REGION}/s3/aws4_request"
        if len(query) != len(pairs) - 1 or query.get("X-Amz-Credential") != scope:
            return False
        headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        signed = query.get("X-Amz-SignedHeaders", "").split(";")
        if "host" not in signed or any(name.startswith("x-amz-") and name not in signed for name in headers):
            return False
        if not self.is_fresh(at, query.get("X-Amz-Expires", "0")):
            return False
        url = f"http://{headers['host']}{urllib.parse.quote(environ['PATH_INFO'], safe='/-_.~')}"
        request = AWSRequest(environ["REQUEST_METHOD"], url, params=query)
        for name in signed:
            request.headers[name] = headers.get(name, "")
        request.context["timestamp"] = at
        wanted = self.auth.signature(
            self.auth.string_to_sign(request, self.auth.canonical_request(request)), request
        )
        return hmac.compare_digest(wanted, signature)

    @staticmethod
    def is_fresh(at, expires):
        made = datetime.datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        age = (datetime.datetime.now(datetime.timezone.utc) - made).total_seconds()
        return -60 < age < float(expires)


class Handler(WSGIRequestHandler):
    """Connections stay open, as with a real store; nothing is printed."""

    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


def main():
    port, key_id, secret, bucket = sys.argv[1:]
    get_backend("s3")[ACCOUNT]["aws"].create_bucket(bucket, REGION)
    store = Gate(create_backend_app("s3"), key_id, secret)
    make_server("127.0.0.1", int(port), store, threaded=True, request_handler=Handler).serve_forever()


if __name__ == "__main__":
    main()
