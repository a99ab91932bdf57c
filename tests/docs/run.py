"""Runs every sample of the public pages against `tollgate demo`, as a reader would.

In: --binary FILE, --node-modules DIR, --frameworks PYTHON, a virtual environment with the SDKs. Out: a line for each sample that failed; the last line is
`N passed, N failed`. Never here: what a page says (crates/pages/docs), looks (tests/console). A sample that cannot run says so behind its
language: `skip="why"`.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

import expect  # noqa: E402
import gateway as product  # noqa: E402
import harness  # noqa: E402

FENCE = re.compile(r"^```([a-z]*)(?: skip=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Samples in languages that are no program; those of data are read.
SHOWN = {"text", "yaml"}
# So many may be left out, and not more without somebody having thought about it.
SKIPS_MAX = 5
SAMPLE_SECONDS_MAX = 120
# Packages that need an environment of their own: they pin others.
FRAMEWORK = re.compile(r"\b(litellm|langchain_openai)\b")
# Columns of the price page that are classes of tokens.
CLASSES = ("input", "cached_input", "cache_write_5m", "cache_write_1h", "output", "reasoning")


def built(*parts):
    return os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), *parts)


class Reader:
    """Who reads a page from its top to its end, in a home of their own: what a sample exports or writes is there for the next."""

    def __init__(self, gateway, page, args):
        self.key, self.frameworks = gateway.key, args.frameworks
        self.home = harness.Folder()
        os.symlink(os.path.abspath(args.node_modules), os.path.join(self.home.path, "node_modules"))
        os.mkdir(os.path.join(self.home.path, "bin"))
        os.symlink(os.path.abspath(args.binary), os.path.join(self.home.path, "bin", "tollgate"))
        names = ("LANG", "SSL_CERT_FILE")
        self.environment = {name: os.environ[name] for name in names if name in os.environ}
        path = f"{self.home.path}/bin:{os.environ['PATH']}"
        # LiteLLM looks for newer prices of models far away.
        self.environment |= {"HOME": self.home.path, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "LITELLM_LOCAL_MODEL_COST_MAP": "true"}
        # A page that tells how to set it is read by somebody who has not.
        if "export TOLLGATE_API_KEY" not in page:
            self.environment["TOLLGATE_API_KEY"] = self.key

    def leave(self):
        self.home.stop()

    def run(self, language, text):
        text = self.filled(text)
        if language == "json":
            json.loads(text)
            return
        if language == "toml":
            tomllib.loads(text)
            return
        python = self.frameworks if FRAMEWORK.search(text) else sys.executable
        kept = self.at("kept")
        commands = {
            "bash": ("sample.sh", ["bash", "-euo", "pipefail", "-c", f'. "$0"; env -0 > {kept}']),
            "python": ("sample.py", [python]),
            "js": ("sample.mjs", ["node"]),
        }
        name, command = commands[language]
        with open(self.at(name), "w", encoding="utf-8") as file:
            file.write(text)
        before = self.stands()
        done = subprocess.run(
            [*command, self.at(name)], cwd=self.home.path, env=self.environment, capture_output=True, text=True,
            timeout=SAMPLE_SECONDS_MAX, check=False,
        )
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout[-800:]}{done.stderr[-1500:]}"
        if language == "bash":
            with open(kept, encoding="utf-8") as file:
                lines = (line.split("=", 1) for line in file.read().split("\0") if line)
                self.environment = {name: value for name, value in lines if name not in ("_", "SHLVL", "OLDPWD")}
            os.remove(kept)
        assert done.stdout.strip() or self.stands() != before, f"it printed and changed nothing\n{done.stderr[-800:]}"

    def filled(self, text):
        """With the key in the places that the pages leave for it."""
        return re.sub(r"YOUR_KEY|\bTOKEN\b|\bsk-tg-\.\.\.", self.key, text)

    def at(self, name):
        return os.path.join(self.home.path, name)

    def stands(self):
        """What a sample may change: variables and files."""
        return self.environment, sorted(os.listdir(self.home.path))


def pages(gateway):
    """Every page as Markdown, by its address: those that llms.txt lists."""
    listed = harness.request("GET", f"{gateway.root}/llms.txt").body.decode()
    found = re.findall(rf"\({re.escape(gateway.root)}(/docs/[a-z-]+\.md)\)", listed)
    assert len(found) > 20, f"only {len(found)} pages are listed"
    return {path: harness.request("GET", gateway.root + path).body.decode() for path in found}


def run(tally, gateway, args):
    skipped = []
    for path, text in pages(gateway).items():
        reader = Reader(gateway, text, args)
        for number, (language, why, sample) in enumerate(FENCE.findall(text), 1):
            if language in SHOWN:
                continue
            if why:
                skipped.append(f"{path} {number}: {why}")
                continue
            tally.run(f"{path} {number} {language}", reader.run, language, sample)
        reader.leave()
    print("\n".join(f"left out: {line}" for line in skipped), flush=True)
    tally.run("few samples are left out", few, skipped)
    tally.run("what is charged is what the price page says", charged, gateway)


def charged(gateway):
    """What a call is charged is its tokens at the prices that the public page tells, to the last digit."""
    lines = harness.request("GET", f"{gateway.root}/pricing.md").body.decode().splitlines()
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    head = next(row for row in cells if row[0] == "model")
    for model in ("sim-openai", "sim-anthropic", "sim-free"):
        row = next(row for row in cells if row[0] == model)
        price = {name: cell for name, cell in zip(head, row, strict=True) if name in CLASSES and cell != "-"}
        reply = gateway.chat(model, "what does it cost? [[sim: tokens=37]]")
        assert reply.status == 200, reply.body
        found = gateway.row(reply.headers["x-request-id"])
        wanted = expect.charge_nano_usd(found["tokens"], "free" if "free" in price.values() else price)
        assert found["charge_nano_usd"] == wanted, (model, price, found)
        assert wanted > 0 or model == "sim-free", found


def few(skipped):
    assert len(skipped) <= SKIPS_MAX, f"{len(skipped)} samples are left out"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=built("debug", "tollgate"))
    parser.add_argument("--node-modules", default=built("e2e", "node", "node_modules"))
    parser.add_argument("--frameworks", default=built("docs", "venv", "bin", "python"))
    args = parser.parse_args()
    tally = harness.Tally()
    gateway = product.Gateway(args.binary)
    try:
        run(tally, gateway, args)
    finally:
        gateway.stop()
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
