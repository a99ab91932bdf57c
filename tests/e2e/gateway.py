"""Tollgate as the scenarios know it: how it is started, and its operator API.

In: a binary. Out: addresses, keys, usage rows, balances. Never here: checks. What the scenarios take for granted
about the product is in this file and nowhere else.
"""

import json
import os
import time

import harness


def call_body(model, text, **more):
    """What a call says, in either language."""
    return {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 200, **more}


class Gateway:
    """`tollgate demo --empty` on free ports with its data in a folder that goes away, or its rows in a database."""

    def __init__(self, binary, database_url=None, settings=None):
        self.binary = binary
        self.folder = harness.Folder()
        port, self.sim_port = harness.free_port(), harness.free_port()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TOLLGATE_")}
        environment["TOLLGATE_SIM__LISTEN"] = f"127.0.0.1:{self.sim_port}"
        if database_url:
            environment["TOLLGATE_DATABASE__URL"] = database_url
        environment.update(settings or {})
        out = os.path.join(self.folder.path, "ready.json")
        command = [binary, "demo", "--empty", "--json", "--listen", f"127.0.0.1:{port}"]
        command += ["--data", os.path.join(self.folder.path, "data")]
        with open(out, "w", encoding="utf-8") as stdout:
            self.process = harness.Process(command, env=environment, cwd=self.folder.path, stdout=stdout)
        ready = self._ready(out)
        # Where the first surface for OpenAI's clients is, and the origin of all.
        self.base = ready["base_url"]
        self.root = "/".join(self.base.split("/")[:3])
        self.key = ready["api_key"]
        self.token = ready["operator_token"]
        self.workspace = ready["workspace"]

    def _ready(self, path):
        for _ in range(300):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    if line.startswith("{") and line.endswith("}\n") and "api_key" in line:
                        return json.loads(line)
            if self.process.child.poll() is not None:
                break
            time.sleep(0.1)
        tail = self.process.tail()
        self.stop()
        raise RuntimeError(f"`tollgate demo --json` never said that it is ready\n{tail}")

    def stop(self):
        self.process.stop()
        self.folder.stop()

    def manage(self, method, path, body=None):
        """One call of the operator API; a problem is an error here."""
        headers = {"authorization": f"Bearer {self.token}"}
        reply = harness.request(method, f"{self.root}/api/manage{path}", body, headers)
        if reply.status >= 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {reply.body.decode()}")
        return reply.json()

    def apply(self, catalogue):
        return self.manage("PUT", "/catalogue", catalogue)

    def prices(self):
        return {model["id"]: model.get("price") for model in self.manage("GET", "/models")["data"]}

    def rows(self):
        """All usage rows, newest first."""
        rows, path = [], "/usage?limit=100"
        while True:
            page = self.manage("GET", path)
            rows += page["data"]
            if not page.get("next"):
                return rows
            path = f"/usage?limit=100&before={page['next']}"

    def row(self, request_id):
        found = [row for row in self.rows() if request_id in (row["request_id"], row.get("client_request_id"))]
        assert len(found) == 1, f"{len(found)} usage rows for {request_id}"
        return found[0]

    def balance_micro_usd(self, workspace=None):
        wanted = workspace or self.workspace
        for found in self.manage("GET", "/workspaces")["data"]:
            if wanted in (found["id"], found["slug"], found["name"]):
                return found["balance_micro_usd"], found["holds_micro_usd"]
        raise RuntimeError(f"no workspace {wanted}")

    def workspace_with(self, name, amount_usd=None):
        """A new workspace with that credit; gives back a key of it."""
        made = self.manage("POST", "/workspaces", {"name": name})
        if amount_usd:
            self.manage(
                "POST", f"/workspaces/{made['id']}/credit", {"amount_usd": amount_usd, "reason": "end-to-end test"}
            )
        return self.manage("POST", "/keys", {"workspace": made["id"], "name": name})["key"]

    def audit(self):
        return self.manage("GET", "/audit")

    def sim_calls(self):
        """How many requests the simulated providers have seen."""
        return harness.request("GET", f"http://127.0.0.1:{self.sim_port}/_sim/requests").json()["total"]

    def send(self, path, body, headers):
        """A raw call in any language."""
        return harness.request("POST", f"{self.root}{path}", body, headers)

    def chat(self, model, text, key=None, **more):
        """A raw call of Chat Completions."""
        body = call_body(model, text, **more)
        headers = {"authorization": f"Bearer {key or self.key}"}
        return harness.request("POST", f"{self.root}/v1/chat/completions", body, headers)

    def messages(self, model, text, key=None, **more):
        """A raw call of Messages."""
        body = call_body(model, text, **more)
        headers = {"x-api-key": key or self.key, "anthropic-version": "2023-06-01"}
        return harness.request("POST", f"{self.root}/anthropic/v1/messages", body, headers)
