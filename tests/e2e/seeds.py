"""The public gateways that presets are made after: each one's own examples, replayed against its preset.

In: a binary. Out: one gateway a preset, the rows of its document as checks. Never here: a row (seed_000.py and the like), what
the documents promise and is not there yet (docs/SEED_ROWS.md).
"""

import importlib
import os

import gateway as product
import harness

HERE = os.path.dirname(os.path.abspath(__file__))
PRESETS = ("000", "001", "002", "003", "004")
# The folders of the simulated providers.
KINDS = {"openai": "openai/v1", "anthropic": "anthropic/v1", "gemini": "gemini/v1beta", "image-task": "tasks/v1"}
# Newer models of OpenAI know the limit of an answer by its newer name alone.
NEWER = {"max_tokens_field": "max_completion_tokens"}
PRICE = {"input": "2.50", "output": "10.00", "cached_input": "0.25"}


class Seed:
    """A gateway of a preset, and how its clients call it."""

    def __init__(self, gateway):
        self.gateway, self.root, self.base, self.key = gateway, gateway.root, gateway.base, gateway.key

    def send(self, method, path, body=None, key=None, **headers):
        """A call below the first base path, or anywhere by a path that begins with two slashes."""
        url = f"{self.root}{path[1:]}" if path.startswith("//") else f"{self.base}{path}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if "x-api-key" not in headers:
            headers["authorization"] = f"Bearer {key or self.key}"
        return harness.request(method, url, body, headers)

    def get(self, path, **more):
        return self.send("GET", path, **more)

    def post(self, path, body, **more):
        return self.send("POST", path, body, **more)

    def chat(self, model, text, **more):
        key = more.pop("key", None)
        return self.post("/chat/completions", product.call_body(model, text, **more), key=key)

    def poor(self, name="poor"):
        """A key whose workspace has no credit."""
        return self.gateway.workspace_with(name)

    def customer(self, name, amount_usd=None, workspace_rules=None, **rules):
        """A new workspace with these rules and that credit, and a key with rules of its own, as it was made."""
        manage = self.gateway.manage
        made = manage("POST", "/workspaces", {"name": name})
        if workspace_rules:
            manage("PATCH", f"/workspaces/{made['id']}", {"rules": workspace_rules})
        if amount_usd:
            grant = {"amount_usd": amount_usd, "reason": "end-to-end test"}
            manage("POST", f"/workspaces/{made['id']}/credit", grant)
        return manage("POST", "/keys", {"workspace": made["id"], "name": name, "rules": rules})


def tier(name, when, minute, at_once, day, **more):
    return {
        "name": name,
        "when": when,
        "requests_per_minute": minute,
        "concurrent": at_once,
        "requests_per_day": day,
        **more,
    }


def provider(gateway, name, kind, **more):
    base = f"http://127.0.0.1:{gateway.sim_port}/{KINDS[kind]}"
    return {"name": name, "kind": kind, "base_url": base, "credentials": [f"sim-credential-{name}"], **more}


def dead_provider(name):
    """One that nobody listens for."""
    base = f"http://127.0.0.1:{harness.free_port()}/v1"
    return {"name": name, "kind": "openai", "base_url": base, "credentials": [f"sim-credential-{name}"]}


def model(id, *routes, **more):
    """A model of routes (provider, its name for the model), in their order."""
    routes = [{"provider": by, "model": name, "priority": n} for n, (by, name) in enumerate(routes, 1)]
    sizes = {"context_length": 200_000}
    if more.get("serves", "chat") == "chat":
        sizes["max_output_tokens"] = 64_000
    return {"id": id, **sizes, "price": PRICE, "route": routes, **more}


def text_of(reply):
    """What a whole answer of Chat Completions says."""
    assert reply.status == 200, (reply.status, reply.body)
    return reply.json()["choices"][0]["message"]["content"]


def raises(kind, status, call, **request):
    """The error of an SDK."""
    try:
        call(**request)
    except kind as why:
        assert why.status_code == status, why
        return why
    raise AssertionError(f"expected {kind.__name__}")


def run(tally, binary, database_url, node_modules):
    """Every preset in turn, each with a gateway, a database and providers of its own."""
    for preset in PRESETS:
        module = importlib.import_module(f"seed_{preset}")
        url = database_url and f"{database_url.rsplit('/', 1)[0]}/seed_{preset}"
        settings = {"TOLLGATE_PRESET": preset, **getattr(module, "SETTINGS", {})}
        gateway = product.Gateway(binary, url, settings)
        try:
            only(gateway, module.catalogue(gateway))
            getattr(module, "prepare", lambda _: None)(gateway)
            seed = Seed(gateway)
            for name, check in list(vars(module).items()):
                if name.startswith("row_"):
                    row, told = name[4:10].replace("_", "-"), name[11:].replace("_", " ")
                    tally.run(f"python seed {row} {told}", check, seed)
            script = os.path.join(HERE, f"seed_{preset}.mjs")
            if os.path.exists(script):
                more = {
                    "TOLLGATE_BASE_URL": seed.base,
                    "TOLLGATE_ROOT_URL": seed.root,
                    "TOLLGATE_API_KEY": seed.key,
                    "TOLLGATE_MODELS": module.NODE_MODEL,
                    "TOLLGATE_NODE_MODULES": node_modules,
                }
                tally.run_program(f"node seed {preset}", ["node", script], {**os.environ, **more})
            tally.run(f"the books of seed {preset} balance", balanced, gateway)
        finally:
            gateway.stop()


def only(gateway, catalogue):
    """Sells this catalogue and nothing of what was there."""
    document = gateway.manage("GET", "/catalogue")
    gateway.apply({"model": [{**model, "enabled": False} for model in document["model"]]})
    gateway.apply(catalogue)


def balanced(gateway):
    report = gateway.audit()
    assert report["findings"] == [] and report["open_holds"] == 0, report
