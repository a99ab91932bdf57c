"""The coding clients: where each is, how it is told of the gateway, how it is asked.

In: the folder where they are installed. Out: a list of them. Never here: what is expected of a turn (run), set-up by the product (set_up).
"""

import json
import os
import subprocess

SAID = "tool-ran-well"


class Client:
    """`tool` runs a command with `arguments`; `beside` is how many calls a turn makes for itself (titles)."""

    name = tool = arguments = path = None
    beside = 0

    def __init__(self, folder):
        self.binary = os.path.join(folder, self.path)

    def prepare(self, home, root, key, model):
        """Writes its settings into a home; gives its environment."""
        raise NotImplementedError

    def command(self, model, prompt):
        """The arguments of one turn."""
        raise NotImplementedError

    def tool_turn(self):
        """What makes it do something on the machine: a prompt, so many calls, and what it prints then."""
        return f"run it [[sim: call={self.tool} args={json.dumps(self.arguments)}]]", 2, SAID


class Codex(Client):
    name, tool, arguments = "codex", "exec_command", {"cmd": f"echo {SAID}"}
    path = "node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"

    def prepare(self, home, root, key, model):
        write(home, ".codex/config.toml", "\n".join([
            f'model = "{model}"', 'model_provider = "gw"', "[model_providers.gw]", 'name = "gw"',
            f'base_url = "{root}/v1"', 'env_key = "GW_KEY"', 'wire_api = "responses"', "request_max_retries = 0",
            "stream_max_retries = 0", "",
        ]))
        return {"GW_KEY": key}

    def command(self, model, prompt):
        boxed = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "--json"]
        return ["exec", *boxed, prompt]


class Claude(Client):
    name, tool, arguments = "claude", "Bash", {"command": f"echo {SAID}", "description": "says it"}
    path = "node_modules/@anthropic-ai/claude-code-linux-x64/claude"

    def prepare(self, home, root, key, model):
        return {
            "ANTHROPIC_BASE_URL": root, "ANTHROPIC_API_KEY": key, "ANTHROPIC_MODEL": model, "IS_SANDBOX": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_MAX_RETRIES": "1",
        }

    def command(self, model, prompt):
        return ["-p", prompt, "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"]


class OpenCode(Client):
    """By one of its three packages; each speaks another dialect."""

    tool, beside, path = "bash", 1, "node_modules/opencode-linux-x64/bin/opencode"

    def __init__(self, folder, dialect, package):
        super().__init__(folder)
        self.name, self.package = f"opencode-{dialect}", package

    def prepare(self, home, root, key, model):
        options = {"baseURL": f"{root}/v1", "apiKey": key}
        provider = {"npm": self.package, "options": options, "models": {model: {"name": model}}}
        settings = {"autoupdate": False, "share": "disabled", "enabled_providers": ["gw"], "provider": {"gw": provider}}
        write(home, ".config/opencode/opencode.json", json.dumps(settings))
        names = ("OPENCODE_DISABLE_AUTOUPDATE", "OPENCODE_DISABLE_MODELS_FETCH", "OPENCODE_DISABLE_LSP_DOWNLOAD")
        return dict.fromkeys(names, "1")

    def command(self, model, prompt):
        return ["run", "-m", f"gw/{model}", prompt]

    def tool_turn(self):
        # It quotes the prompt when it asks for a title, so the directive holds nothing that is quoted.
        return f"run it [[sim: call={self.tool}]]", 2, "The tool "


class Cline(Client):
    name, tool, arguments = "cline", "run_commands", {"commands": [f"echo {SAID}"]}
    path = "node_modules/@cline/cli-linux-x64/bin/cline"

    def prepare(self, home, root, key, model):
        environment = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "dumb"}
        told = ["auth", "-p", "openai-compatible", "-b", f"{root}/v1", "-k", key, "-m", model]
        subprocess.run([self.binary, *told], env=environment, check=True, capture_output=True, timeout=60)
        return {}

    def command(self, model, prompt):
        return ["--retries", "1", prompt]


class Continue(Client):
    name, tool, arguments = "continue", "Bash", {"command": f"echo {SAID}"}
    path = "node_modules/.bin/cn"

    def prepare(self, home, root, key, model):
        write(home, ".continue/config.yaml", "\n".join([
            "name: gw", "version: 1.0.0", "schema: v1", "models:", f"  - name: {model}", "    provider: openai",
            f"    model: {model}", f"    apiBase: {root}/v1", f"    apiKey: {key}", "    roles: [chat, edit]", "",
        ]))
        return {"CONTINUE_TELEMETRY_ENABLED": "0"}

    def command(self, model, prompt):
        return ["-p", prompt, "--auto"]


class Aider(Client):
    """Has no tools: it writes the files that an answer lists."""

    name, path = "aider", "venv/bin/aider"

    def prepare(self, home, root, key, model):
        quiet = ("AIDER_CHECK_UPDATE", "AIDER_ANALYTICS", "AIDER_SHOW_RELEASE_NOTES", "AIDER_SHOW_MODEL_WARNINGS", "AIDER_GIT")
        return {"OPENAI_API_BASE": f"{root}/v1", "OPENAI_API_KEY": key, **dict.fromkeys(quiet, "false")}

    def command(self, model, prompt):
        return ["--model", f"openai/{model}", "--yes-always", "--message", prompt]

    def tool_turn(self):
        listing = json.dumps(f"said.txt\n```\n{SAID}\n```\n")
        return f"write it [[sim: call=none text={listing}]]", 1, "Applied edit to said.txt"


def every(folder):
    return [
        Codex(folder),
        Claude(folder),
        OpenCode(folder, "chat", "@ai-sdk/openai-compatible"),
        OpenCode(folder, "responses", "@ai-sdk/openai"),
        OpenCode(folder, "messages", "@ai-sdk/anthropic"),
        Cline(folder),
        Continue(folder),
        Aider(folder),
    ]


def write(home, path, text):
    path = os.path.join(home, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
