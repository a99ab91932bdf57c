"""Small tools of the end-to-end scenarios: a tally, processes that end, plain HTTP.

In: names and functions. Out: `ok` and `not ok` lines, counts. Never here: what is checked, or any SDK.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import traceback
import urllib.parse


class Tally:
    """Runs checks one by one and counts them."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def run(self, name, check, *args):
        try:
            check(*args)
        except Exception:  # noqa: BLE001 - whatever goes wrong is the finding
            self.failed += 1
            print(f"not ok  {name}\n{indent(traceback.format_exc(limit=-3))}", flush=True)
            return
        self.passed += 1
        print(f"ok      {name}", flush=True)

    def run_program(self, name, command, env):
        """Runs a program that prints `N passed, N failed` as its last line."""
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
        lines = done.stdout.splitlines()
        print("\n".join(lines[:-1]), flush=True)
        words = lines[-1].replace(",", "").split() if lines else []
        if len(words) == 4 and words[1] == "passed" and words[3] == "failed":
            self.passed += int(words[0])
            self.failed += int(words[2])
        else:
            self.failed += 1
            print(f"not ok  {name}: it did not finish\n{indent(done.stdout + done.stderr)}", flush=True)


def indent(text):
    return "\n".join("        " + line for line in text.rstrip().splitlines())


class Process:
    """A server that is ended with the scenarios, also when they fail. Its output goes to a file."""

    def __init__(self, command, env=None, cwd=None, stdout=None):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="tollgate-e2e-", suffix=".log", delete=False)
        self.child = subprocess.Popen(
            [str(part) for part in command], env=env, cwd=cwd, stdout=stdout or self.log, stderr=self.log, text=True
        )

    def wait_for(self, url, seconds=20):
        """Until the server answers anything at all."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.child.poll() is not None:
                break
            try:
                request("GET", url, timeout=2)
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"no answer from {url}\n{self.tail()}")

    def tail(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-30:])

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        os.unlink(self.log.name)


class Folder:
    """A folder that goes away."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="tollgate-e2e-")

    def stop(self):
        shutil.rmtree(self.path, ignore_errors=True)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Reply:
    """An HTTP answer. `cut` says that the connection broke inside the body."""

    def __init__(self, status, headers, body, cut):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body
        self.cut = cut

    def json(self):
        return json.loads(self.body)

    def events(self):
        """The SSE events as (name, data); data is JSON, or the text `[DONE]`."""
        out = []
        for frame in self.body.decode().replace("\r\n", "\n").split("\n\n"):
            name, data = None, []
            for line in frame.split("\n"):
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
            if data:
                text = "\n".join(data)
                out.append((name, text if text == "[DONE]" else json.loads(text)))
        return out


def request(method, url, body=None, headers=None, timeout=30):
    """One request, without retries and redirects."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    headers = {"content-type": "application/json", **(headers or {})}
    data = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        content, cut = b"", False
        try:
            content = response.read()
        except http.client.IncompleteRead as why:
            content, cut = why.partial, True
        return Reply(response.status, response.getheaders(), content, cut)
    finally:
        connection.close()
