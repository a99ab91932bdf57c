"""Claude Code, Codex and Aider after they were set up as the pages say: by the script of the gateway, and by `tollgate setup`.

In: a running gateway, a binary, where the clients are. Out: checks of a tally. Never here: what the set-up writes (tests/process),
the clients' tool turns (run).
"""

import os
import shutil
import subprocess
import tempfile

MODEL = "sim-anthropic"
PROMPT = "say hi [[sim: call=none text=quietly]]"


class Desk:
    """An empty home in which somebody types."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.home = tempfile.mkdtemp(prefix="tollgate-desk-")
        os.mkdir(os.path.join(self.home, "work"))
        quiet = ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER")
        self.environment = {"HOME": self.home, "PATH": os.environ["PATH"], "TERM": "dumb", "LANG": "C.UTF-8"}
        self.environment |= dict.fromkeys(quiet, "1")

    def types(self, line, **more):
        done = subprocess.run(
            ["bash", "-c", line], cwd=os.path.join(self.home, "work"), env=self.environment | more,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )
        told = done.stdout + done.stderr
        assert done.returncode == 0, f"{line}: exit code {done.returncode}\n{told[-3000:]}"
        return told

    def leave(self):
        shutil.rmtree(self.home, ignore_errors=True)


def claude_by_script(gateway, _binary, client):
    """The one line of the page, then Claude Code in a new shell: it answers, is billed, and is as before after the undoing."""
    desk = Desk(gateway)
    try:
        desk.types(f"curl -fsSL '{gateway.root}/install.sh?key={gateway.key}' | sh")
        before = len(gateway.rows())
        told = desk.types(f"'{client}' -p '{PROMPT}'")
        assert "quietly" in told, told
        assert len(gateway.rows()) > before, "nothing was billed"
        # Without its settings, what the shell reads is enough.
        os.rename(os.path.join(desk.home, ".claude/settings.json"), os.path.join(desk.home, "settings.json"))
        assert "quietly" in desk.types(f". ~/.bashrc; '{client}' -p '{PROMPT}'")
        os.rename(os.path.join(desk.home, "settings.json"), os.path.join(desk.home, ".claude/settings.json"))
        desk.types(f"curl -fsSL '{gateway.root}/install.sh' | sh -s -- --uninstall")
        for left in (".claude/settings.json", ".bashrc", ".config/tollgate"):
            assert not os.path.exists(os.path.join(desk.home, left)), left
    finally:
        desk.leave()


def by_command(gateway, binary, tool, run):
    desk = Desk(gateway)
    try:
        desk.types(f"'{binary}' setup {tool} --server {gateway.root}", TOLLGATE_API_KEY=gateway.key)
        before = len(gateway.rows())
        told = desk.types(f"test ! -e ~/.bashrc || . ~/.bashrc; {run}")
        assert "quietly" in told, told
        assert len(gateway.rows()) > before, "nothing was billed"
        desk.types(f"'{binary}' setup {tool} --uninstall")
        assert not os.path.exists(os.path.join(desk.home, ".bashrc"))
    finally:
        desk.leave()


def claude_by_command(gateway, binary, client):
    by_command(gateway, binary, "claude-code", f"'{client}' -p '{PROMPT}'")


def codex_by_command(gateway, binary, client):
    boxed = "--skip-git-repo-check --dangerously-bypass-approvals-and-sandbox"
    by_command(gateway, binary, "codex", f"'{client}' exec {boxed} '{PROMPT}'")


def aider_by_command(gateway, binary, client):
    quiet = "--no-check-update --analytics-disable --no-show-release-notes --no-show-model-warnings --no-git"
    by_command(gateway, binary, "aider", f"OPENAI_API_KEY='{gateway.key}' '{client}' {quiet} --yes-always --message '{PROMPT}'")


def run(tally, gateway, binary, clients):
    """`clients` is where each is, by name."""
    binary = os.path.abspath(binary)
    tally.run("claude after install.sh", claude_by_script, gateway, binary, clients["claude"])
    tally.run("claude after tollgate setup", claude_by_command, gateway, binary, clients["claude"])
    tally.run("codex after tollgate setup", codex_by_command, gateway, binary, clients["codex"])
    tally.run("aider after tollgate setup", aider_by_command, gateway, binary, clients["aider"])
