"""Runs real coding clients through the gateway: a text turn and a tool turn each, against every kind of provider.

In: a built `tollgate`; npm and bubblewrap on the machine. Out: a line per turn; the last one is `N passed, N failed`.
Never here: SDKs (tests/e2e), a network: clients and gateway run together in a box that has none, with an environment and
a home of their own. Part of the test command with `--agents` alone: a round takes minutes and the clients take a gigabyte.

    cargo build --package tollgate && python3 tests/clients/run.py [--only codex] [--model sim-gemini]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

import gateway as product  # noqa: E402
import harness  # noqa: E402
import set_up  # noqa: E402

MODELS = ("sim-openai", "sim-anthropic", "sim-responses", "sim-gemini")
BUILT = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
MODULES = os.path.join(BUILT, "clients", "node_modules")
SAID = "tool-ran-well"


class Client:
    """A client: how it is told of the gateway, and how it is asked. `beside` is what it asks for of its own (titles)."""

    def __init__(self, name, tool, arguments, beside=0):
        self.name, self.tool, self.arguments, self.beside = name, tool, arguments, beside

    def binary(self):
        places = {
            "claude": "@anthropic-ai/claude-code-linux-x64/claude",
            "codex": "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
            "opencode": "opencode-linux-x64/bin/opencode",
        }
        return os.path.join(MODULES, places[self.name.split("-")[0]])

    def prepare(self, home, root, key, model):
        """Writes its settings into a home; gives its environment."""
        if self.name == "codex":
            write(home, ".codex/config.toml", "\n".join([
                f'model = "{model}"', 'model_provider = "gw"', "[model_providers.gw]", 'name = "gw"',
                f'base_url = "{root}/v1"', 'env_key = "GW_KEY"', 'wire_api = "responses"', "request_max_retries = 0",
                "stream_max_retries = 0", "",
            ]))
            return {"GW_KEY": key}
        if self.name == "claude":
            return {
                "ANTHROPIC_BASE_URL": root, "ANTHROPIC_API_KEY": key, "ANTHROPIC_MODEL": model, "IS_SANDBOX": "1",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1",
                "CLAUDE_CODE_MAX_RETRIES": "1",
            }
        package = {"chat": "@ai-sdk/openai-compatible", "responses": "@ai-sdk/openai", "messages": "@ai-sdk/anthropic"}
        options = {"baseURL": f"{root}/v1", "apiKey": key}
        provider = {"npm": package[self.name.split("-")[1]], "options": options, "models": {model: {"name": model}}}
        settings = {"autoupdate": False, "share": "disabled", "enabled_providers": ["gw"], "provider": {"gw": provider}}
        write(home, ".config/opencode/opencode.json", json.dumps(settings))
        names = ("OPENCODE_DISABLE_AUTOUPDATE", "OPENCODE_DISABLE_MODELS_FETCH", "OPENCODE_DISABLE_LSP_DOWNLOAD")
        return dict.fromkeys(names, "1")

    def command(self, model, prompt):
        if self.name == "codex":
            boxed = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "--json"]
            return [self.binary(), "exec", *boxed, prompt]
        if self.name == "claude":
            told = ["--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"]
            return [self.binary(), "-p", prompt, *told]
        return [self.binary(), "run", "-m", f"gw/{model}", prompt]


CLIENTS = [
    Client("codex", "exec_command", {"cmd": f"echo {SAID}"}),
    Client("claude", "Bash", {"command": f"echo {SAID}", "description": "says it"}),
    # They quote the prompt when they ask for a title, so it holds nothing that is quoted.
    Client("opencode-chat", "bash", None, beside=1),
    Client("opencode-responses", "bash", None, beside=1),
    Client("opencode-messages", "bash", None, beside=1),
]


def write(home, path, text):
    path = os.path.join(home, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def turn(gateway, client, model, prompt, calls):
    """One run of a client: what it printed, after its calls were counted. Each is one call of one provider."""
    home = tempfile.mkdtemp(prefix="tollgate-client-")
    try:
        before = len(gateway.rows())
        environment = client.prepare(home, gateway.root, gateway.key, model)
        environment |= {"HOME": home, "PATH": os.environ["PATH"], "TERM": "dumb", "LANG": "C.UTF-8"}
        work = os.path.join(home, "work")
        os.mkdir(work)
        done = subprocess.run(
            client.command(model, prompt), cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=120,
        )
        told = done.stdout + done.stderr
        rows = gateway.rows()
        rows = rows[: len(rows) - before]
        bad = [row for row in rows if row["status"] != 200 or row["attempts"] != 1 or row["partial"]]
        assert done.returncode == 0 and not bad, f"exit code {done.returncode}, {bad}\n{told[-3000:]}"
        assert len(rows) == calls + client.beside, f"{len(rows)} calls\n{told[-2000:]}"
        return told
    finally:
        shutil.rmtree(home, ignore_errors=True)


def text_turn(gateway, client, model):
    told = turn(gateway, client, model, "say hi [[sim: call=none text=quietly]]", 1)
    assert "quietly" in told, told[-2000:]


def tool_turn(gateway, client, model):
    args = f" args={json.dumps(client.arguments)}" if client.arguments else ""
    told = turn(gateway, client, model, f"run it [[sim: call={client.tool}{args}]]", 2)
    assert (SAID if client.arguments else "The tool ") in told, told[-2000:]


def inside(args):
    """What runs in the box."""
    tally = harness.Tally()
    gateway = product.Gateway(args.binary)
    try:
        for client in CLIENTS:
            for model in MODELS:
                if args.only in (None, client.name) and args.model in (None, model):
                    tally.run(f"{client.name} {model} text", text_turn, gateway, client, model)
                    tally.run(f"{client.name} {model} tool", tool_turn, gateway, client, model)
        if args.only in (None, "set-up"):
            set_up.run(tally, gateway, args.binary, {client.name: client.binary() for client in CLIENTS[:2]})
    finally:
        gateway.stop()
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


def install():
    """The pinned clients, outside of the sources; no script of theirs runs."""
    folder = os.path.dirname(MODULES)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(HERE, "package.json"), "rb") as wanted:
        text = wanted.read()
    stamp = os.path.join(folder, "package.json")
    if os.path.isdir(MODULES) and os.path.exists(stamp) and open(stamp, "rb").read() == text:
        return
    with open(stamp, "wb") as file:
        file.write(text)
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=os.path.join(BUILT, "debug", "tollgate"))
    parser.add_argument("--only", choices=[*(client.name for client in CLIENTS), "set-up"])
    parser.add_argument("--model", choices=MODELS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        return inside(args)
    install()
    box = ["bwrap", "--unshare-net", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    # The sources and what is built may lie below /tmp.
    box += ["--tmpfs", "/tmp", "--ro-bind", ROOT, ROOT, "--ro-bind", BUILT, BUILT, "--clearenv"]
    box += ["--setenv", "PATH", os.environ["PATH"], "--setenv", "HOME", "/tmp", "--setenv", "CARGO_TARGET_DIR", BUILT]
    box += ["--setenv", "PYTHONDONTWRITEBYTECODE", "1", "--setenv", "PYTHONUNBUFFERED", "1", "--die-with-parent"]
    return subprocess.run([*box, sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--inside"]).returncode


if __name__ == "__main__":
    sys.exit(main())
