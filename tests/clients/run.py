"""Runs real coding clients through the gateway: a text turn and a tool turn each, against every kind of provider.

In: a built `tollgate`; npm and bubblewrap on the machine. Out: a line per turn; the last one is `N passed, N failed`.
Never here: SDKs (tests/e2e), a network: clients and gateway run together in a box that has none, with an environment and
a home of their own. Part of the test command with `--agents` alone: a round takes minutes and the clients take a gigabyte.

    cargo build --package tollgate && python3 tests/clients/run.py [--only codex] [--model sim-gemini]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

import clients  # noqa: E402
import gateway as product  # noqa: E402
import harness  # noqa: E402
import set_up  # noqa: E402

MODELS = ("sim-openai", "sim-anthropic", "sim-responses", "sim-gemini")
BUILT = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
FOLDER = os.path.join(BUILT, "clients")
CLIENTS = clients.every(FOLDER)


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
            [client.binary, *client.command(model, prompt)], cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
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
    prompt, calls, wanted = client.tool_turn()
    told = turn(gateway, client, model, prompt, calls)
    assert wanted in told, told[-2000:]


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
            set_up.run(tally, gateway, args.binary, {client.name: client.binary for client in CLIENTS})
    finally:
        gateway.stop()
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


def install():
    """The pinned clients, outside of the sources; no script of theirs runs."""
    os.makedirs(FOLDER, exist_ok=True)
    silent = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    once("package.json", lambda: subprocess.run(silent, cwd=FOLDER, check=True))
    once("requirements.txt", install_python)


def install_python():
    place = os.path.join(FOLDER, "venv")
    subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
    pip = [os.path.join(place, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", os.path.join(HERE, "requirements.txt")], check=True)


def once(name, install):
    """Does it when what is pinned is not what was installed."""
    with open(os.path.join(HERE, name), encoding="utf-8") as wanted:
        text = wanted.read()
    done = os.path.join(FOLDER, f"{name}.installed")
    if os.path.exists(done) and open(done, encoding="utf-8").read() == text:
        return
    shutil.copy(os.path.join(HERE, name), FOLDER)
    install()
    with open(done, "w", encoding="utf-8") as file:
        file.write(text)


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
    box = ["bwrap", "--unshare-net", "--unshare-pid", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    # The sources and what is built may lie below /tmp.
    box += ["--tmpfs", "/tmp", "--ro-bind", ROOT, ROOT, "--ro-bind", BUILT, BUILT, "--clearenv"]
    box += ["--setenv", "PATH", os.environ["PATH"], "--setenv", "HOME", "/tmp", "--setenv", "CARGO_TARGET_DIR", BUILT]
    box += ["--setenv", "PYTHONDONTWRITEBYTECODE", "1", "--setenv", "PYTHONUNBUFFERED", "1", "--die-with-parent"]
    return subprocess.run([*box, sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--inside"]).returncode


if __name__ == "__main__":
    sys.exit(main())
