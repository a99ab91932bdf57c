"""What is measured: the mock alone, nginx before it, Tollgate before it.

In: a folder for their files. Out: peers with an address, a key and models. Never here: load and numbers. What is
taken for granted about the commands of Tollgate is in `Gateway.set_up`.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time

from measure.process import Process

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(HERE)
PROXY_CORE, LOAD_CORE = 0, 1
PATH = "/v1/chat/completions"
PRICE = 'price = { input = "1.00", output = "5.00" }'
FREE = 'price = "free"'


def built(profile, name):
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(target, profile, name)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def post(address, path, body, key, timeout=30):
    """One request: status and body."""
    connection = http.client.HTTPConnection(address, timeout=timeout)
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}", "connection": "close"}
    try:
        connection.request("POST", path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


class Peer:
    """Something that answers. `process` is what its CPU is read from; none for the mock itself."""

    key = "sk-none"
    process = None
    watchers = ()

    def __init__(self, name, address):
        self.name = name
        self.address = address

    def wait(self, body, seconds=30):
        """Until the first good answer; gives the seconds that took."""
        start = time.monotonic()
        last = None
        while time.monotonic() - start < seconds:
            try:
                status, last = post(self.address, PATH, body, self.key, 5)
                if status == 200:
                    return time.monotonic() - start
            except OSError as why:
                last = why
            if self.process and not self.process.alive():
                break
            time.sleep(0.005)
        told = self.process.tail() if self.process else ""
        raise RuntimeError(f"{self.name} does not answer: {last}\n{told}")

    def stop(self):
        if self.process:
            self.process.stop()


class Mock(Peer):
    def __init__(self, folder, profile):
        super().__init__("direct", f"127.0.0.1:{free_port()}")
        self.server = Process("mock", [built(profile, "bench-mock"), self.address], folder, LOAD_CORE)

    def stop(self):
        self.server.stop()


class Nginx(Peer):
    def __init__(self, folder, mock):
        super().__init__("nginx", f"127.0.0.1:{free_port()}")
        with open(os.path.join(HERE, "nginx.conf"), encoding="utf-8") as file:
            text = file.read()
        for name, value in (("dir", folder), ("listen", self.address), ("upstream", mock.address)):
            text = text.replace("{" + name + "}", value)
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        self.process = Process("nginx", ["nginx", "-c", config, "-p", folder], folder, PROXY_CORE)


class Watch:
    """Streams of events that are open while a block runs. `heard` is what they were told of, once it is over."""

    heard = 0

    def __init__(self, address, lines):
        self.address, self.lines, self.child = address, lines, None

    def __enter__(self):
        if self.lines:
            command = ["taskset", "-c", str(LOAD_CORE), sys.executable, os.path.join(HERE, "measure", "listen.py"), self.address]
            self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.child.stdin.write("".join(f"{line}\n" for line in self.lines) + "\n")
            self.child.stdin.flush()
            told = self.child.stdout.readline()
            if told != f"ready {len(self.lines)}\n":
                self.child.kill()
                self.child.wait()
                raise RuntimeError(f"those who watch: {told!r}")
        return self

    def __exit__(self, *_):
        if self.child:
            told, _ = self.child.communicate("\n", timeout=30)
            self.heard = int(told.split()[-1])


class Gateway(Peer):
    """Tollgate with four models: free and billed, in the language of the client and in the other one."""

    def __init__(self, folder, mock, profile):
        super().__init__("tollgate", f"127.0.0.1:{free_port()}")
        self.folder = folder
        self.mock = mock
        self.binary = built(profile, "tollgate")
        self.data = os.path.join(folder, "data")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("TOLLGATE_")}
        self.start()
        self.set_up()

    def start(self):
        command = [self.binary, "serve", "--listen", self.address, "--data", self.data]
        self.process = Process("tollgate", command, self.folder, PROXY_CORE, self.environment)

    def command(self, *words):
        """One command of Tollgate against the running server; its JSON."""
        full = [self.binary, *words, "--json", "--server", f"http://{self.address}", "--data", self.data]
        done = subprocess.run(full, capture_output=True, text=True, env=self.environment, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"tollgate {' '.join(words)}: {done.stdout}{done.stderr}\n{self.process.tail()}")
        return json.loads(done.stdout)

    def set_up(self):
        """A catalogue, a workspace with credit, a key."""
        for _ in range(200):
            try:
                self.command("whoami")
                break
            except RuntimeError:
                if not self.process.alive():
                    raise
                time.sleep(0.05)
        catalogue = os.path.join(self.folder, "catalogue.toml")
        with open(catalogue, "w", encoding="utf-8") as file:
            file.write(self.catalogue())
        self.command("apply", catalogue)
        workspace = self.command("workspace", "create", "bench")
        self.workspace = workspace["slug"]
        self.command("credit", "grant", "--workspace", self.workspace, "--amount", "900000.00", "--reason", "bench")
        self.key = self.command("key", "create", "--workspace", self.workspace, "--name", "bench")["key"]

    def catalogue(self):
        # The limits are asked as everywhere, and hold nobody up.
        text = ['[[tier]]\nname = "bench"\nwhen = "free"\nrequests_per_minute = 1000000\nconcurrent = 100000']
        text.append("requests_per_day = 1000000000")
        for kind in ("openai", "anthropic"):
            text.append(f'[[provider]]\nname = "{kind}"\nkind = "{kind}"\nbase_url = "http://{self.mock.address}/v1"')
            text.append('credentials = ["sk-upstream"]')
        for lane, kind in (("straight", "openai"), ("converting", "anthropic")):
            for money, price in (("free", FREE), ("billed", PRICE)):
                text.append(f'[[model]]\nid = "{money}-{lane}"\ncontext_length = 128000\nmax_output_tokens = 4096')
                text.append(f'{price}\n[[model.route]]\nprovider = "{kind}"\nmodel = "upstream-model"\npriority = 1')
        return "\n".join(text) + "\n"

    def more_keys(self, count):
        """Keys over the operator API, as the command would make them, but over one connection."""
        with open(os.path.join(self.data, "operator.token"), encoding="utf-8") as file:
            token = file.read().strip()
        connection = http.client.HTTPConnection(self.address, timeout=30)
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        for number in range(count):
            body = json.dumps({"workspace": self.workspace, "name": f"key {number}"})
            connection.request("POST", "/api/manage/keys", body, headers)
            reply = connection.getresponse()
            told = reply.read()
            if reply.status not in (200, 201):
                raise RuntimeError(f"key {number}: {reply.status} {told[:200]}")
        connection.close()

    def requests_today(self):
        """How many requests it has served since midnight, UTC, when limits by day begin anew."""
        midnight = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime())
        with open(os.path.join(self.data, "operator.token"), encoding="utf-8") as file:
            headers = {"authorization": f"Bearer {file.read().strip()}"}
        until = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + 86_400))
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request("GET", f"/api/manage/facts?from={midnight}&until={until}", headers=headers)
        reply = connection.getresponse()
        told = reply.read()
        connection.close()
        if reply.status != 200:
            raise RuntimeError(f"facts: {reply.status} {told[:200]}")
        return json.loads(told)["total"]["requests"]

    def asked(self, path, body):
        """One call of the operator API; its JSON."""
        with open(os.path.join(self.data, "operator.token"), encoding="utf-8") as file:
            status, told = post(self.address, f"/api/manage{path}", json.dumps(body), file.read().strip())
        if status not in (200, 201):
            raise RuntimeError(f"{path}: {status} {told[:200]!r}")
        return json.loads(told)

    def watched(self, count):
        """So many that watch other workspaces, and ten that watch the one that calls; nobody where the count is 0."""
        if not self.watchers:
            self.watchers = [self.asked("/operator-tokens", {"name": f"watch {n}"})["token"] for n in range(64)]
            self.elsewhere = self.command("workspace", "create", "elsewhere")["slug"]
        places = [self.workspace] * 10 + [self.elsewhere] * count if count else []
        path = "/api/manage/workspaces/{}/events"
        lines = [f"{self.watchers[n % 64]} {path.format(place)}" for n, place in enumerate(places)]
        return Watch(self.address, lines)

    def restart(self):
        self.process.stop()
        self.start()
