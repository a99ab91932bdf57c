"""Upstreams we did not write, behind the gateway: `llmock` from PyPI and `@copilotkit/aimock` from npm.

In: a running gateway, the places of the two programs. Out: checks of every client's language over every one the mocks
speak (llmock two, aimock four), with the mocks' own faults. Never here: the simulated providers.
"""

import contextlib
import json
import os
import sys

import expect
import harness
from bill import seen_by
from dialects import DIALECTS, Asked, call, calls_of, counted, ends_once, text_of

# After the first word nothing is tried again: the client's stream ends with an error instead, which the mock cannot
# see and `broken_stream` checks.
SEEN_OTHERWISE = ("truncated_stream_accepted", "gave_up", "malformed_chunk_ignored")
KINDS = {"llmock": ("openai", "anthropic"), "aimock": ("openai", "anthropic", "openai-responses", "gemini")}
PRICE = {"input": "1", "output": "5"}
FORM = {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False,
}
TOOL = {"name": "get_weather", "description": "tells", "schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


def start_llmock(port):
    binary = os.path.join(os.path.dirname(sys.executable), "llmock")
    process = harness.Process([binary, "serve", "--port", port, "--log-level", "warning"])
    return process.wait_for(f"http://127.0.0.1:{port}/_llmock/verdict")


def start_aimock(port, modules):
    fixtures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "aimock.json")
    binary = os.path.join(modules, ".bin", "llmock")
    process = harness.Process(["node", os.path.realpath(binary), "-p", port, "-f", fixtures, "--log-level", "warn"])
    return process.wait_for(f"http://127.0.0.1:{port}/v1/models")


def catalogue(llmock, aimock):
    """Both mocks in all their languages, with short patience."""
    places = {
        "llmock-openai": ("openai", f"http://127.0.0.1:{llmock}/v1", "gpt-4o"),
        "llmock-anthropic": ("anthropic", f"http://127.0.0.1:{llmock}/anthropic/v1", "claude-sonnet-4-5"),
        "aimock-openai": ("openai", f"http://127.0.0.1:{aimock}/v1", "gpt-4o"),
        "aimock-anthropic": ("anthropic", f"http://127.0.0.1:{aimock}/v1", "claude-sonnet-4-5"),
        "aimock-openai-responses": ("openai-responses", f"http://127.0.0.1:{aimock}/v1", "gpt-5-mini"),
        "aimock-gemini": ("gemini", f"http://127.0.0.1:{aimock}/v1beta", "gemini-2.5-flash"),
    }
    timeouts = {"first_byte_ms": 3000, "idle_ms": 1500}
    return {
        "provider": [
            {"name": name, "kind": kind, "base_url": url, "credentials": ["sk-mock"], "timeouts": timeouts}
            for name, (kind, url, _) in places.items()
        ],
        "model": [
            {
                "id": name, "context_length": 100000, "max_output_tokens": 4000, "price": PRICE,
                "route": [{"provider": name, "model": model, "priority": 1}],
            }
            for name, (_, _, model) in places.items()
        ],
    }


def settled(gateway, reply, dialect, wanted=None):
    """The call's row: charged what its tokens cost, its tokens are the mock's own count, and no hold is left."""
    row = gateway.row(reply.headers["x-request-id"])
    used = row["tokens"]
    answer = used.get("output", 0) + used.get("reasoning", 0)
    prompt = sum(used.values()) - answer
    if row["usage_source"] == "provider":
        wanted = wanted or counted(reply, dialect)
    assert wanted in (None, (prompt, answer)), (wanted, row)
    assert row["charge_nano_usd"] == expect.charge_nano_usd(row["tokens"], PRICE), row
    assert gateway.balance_micro_usd()[1] == 0, "a hold is left"
    return row


def plain(gateway, dialect, model):
    wanted = (21, 7) if model.startswith("aimock") else None
    for stream in (False, True):
        reply = call(gateway, dialect, model, "a plain question", Asked(stream=stream))
        assert reply.status == 200, reply.body
        assert not stream or ends_once(reply, dialect), reply.body
        said = text_of(reply, dialect)
        assert said == "A plain answer." if model.startswith("aimock") else said, reply.body
        row = settled(gateway, reply, dialect, wanted)
        assert stream or (row["usage_source"] == "provider" and row["charge_nano_usd"] > 0), row


def tool(gateway, dialect, model):
    """A call comes out, its result goes in, and the mock that knows what follows says it."""
    for stream in (False, True):
        asked = Asked(tool=TOOL, stream=stream)
        reply = call(gateway, dialect, model, "please call the tool", asked)
        assert reply.status == 200, reply.body
        made = calls_of(reply, dialect)
        assert [name for _, name, _ in made] == ["get_weather"] and made[0][0], reply.body
        settled(gateway, reply, dialect)
        identity, name, arguments = made[0]
        assert not model.startswith("aimock") or arguments == {"city": "Oslo"}, reply.body
        turns = [("user", "please call the tool"), ("call", identity, name, arguments), ("result", identity, name, "12 C")]
        reply = call(gateway, dialect, model, turns, asked)
        assert reply.status == 200, reply.body
        if model.startswith("aimock"):
            assert text_of(reply, dialect) == "It is 12 C in Oslo.", reply.body
        settled(gateway, reply, dialect)


def form(gateway, dialect, model):
    """An answer of a schema; over Chat Completions aimock answers so only when the schema reached it."""
    for stream in (False, True):
        reply = call(gateway, dialect, model, "fill the form", Asked(schema=FORM, stream=stream))
        assert reply.status == 200 and json.loads(text_of(reply, dialect)) == {"city": "Oslo"}, reply.body
        settled(gateway, reply, dialect)


def fails(gateway, dialect, model, text, statuses):
    reply = call(gateway, dialect, model, text)
    assert reply.status in statuses, (reply.status, reply.body)
    assert b"secret" not in reply.body and b"127.0.0.1" not in reply.body, reply.body
    error = reply.json()["error"]
    assert error["message"] and error["status" if dialect == "gemini" else "type"], reply.body
    assert settled(gateway, reply, dialect)["charge_nano_usd"] == 0


def broken_stream(gateway, dialect, model, text, ending="error"):
    """One ending that can be read: `error` inside the stream, `head` perhaps before it began, or `any`."""
    reply = call(gateway, dialect, model, text, Asked(stream=True))
    if reply.status == 200:
        ended_well = ends_once(reply, dialect)
        assert ending == "any" or not ended_well, reply.body
    else:
        assert ending == "head" and reply.status >= 500 and reply.json()["error"]["message"], (reply.status, reply.body)
    settled(gateway, reply, dialect)


class Llmock:
    """llmock's own faults, told before the call."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}/_llmock"
        self.forgotten = 0
        self.graded = 0
        self.findings = []

    @contextlib.contextmanager
    def told(self, **behaviour):
        """The mock behaves so inside the block, and well outside of it."""
        self.reset()
        reply = harness.request("POST", f"{self.base}/scenario", {"behaviors": [behaviour]})
        assert reply.status < 300, reply.body
        try:
            yield
        finally:
            self.reset()

    def reset(self):
        """Forgets everything, but first asks what it thought of its client, which is the gateway."""
        self.forgotten = self.calls()
        verdict = harness.request("GET", f"{self.base}/verdict").json()
        self.graded += verdict["faults_injected"]
        self.findings += verdict["findings"]
        harness.request("POST", f"{self.base}/reset", {})

    def retried(self, gateway, dialect, model):
        """A failure before the first byte is nobody's business but the gateway's."""
        with self.told(type="fail", status=529, retry_after=1, times=1):
            reply = call(gateway, dialect, model, "hello")
            assert reply.status == 200, (reply.status, reply.body)
            assert settled(gateway, reply, dialect)["attempts"] == 2

    def refused(self, gateway, dialect, model):
        with self.told(type="fail", status=400, times=9):
            reply = call(gateway, dialect, model, "hello")
            assert 400 <= reply.status < 600 and settled(gateway, reply, dialect)["charge_nano_usd"] == 0

    def breaks(self, gateway, dialect, model, kind):
        # In Anthropic's language the first three frames say nothing yet: a fault there is tried again, unseen.
        # A frame that cannot be read may be left out, and the rest said.
        ending = "any" if kind == "malformed" else "error"
        with self.told(type="stream_fault", kind=kind, after_chunks=6, stall_seconds=20):
            broken_stream(gateway, dialect, model, "hello there, say a few words to me", ending)

    def calls(self):
        """Calls so far; a reset does not bring them down."""
        found = harness.request("GET", f"{self.base}/requests").json()
        return self.forgotten + len(found["requests"] if isinstance(found, dict) else found)

    def verdict(self):
        """What the mock found wrong with its client over all its faults."""
        self.reset()
        assert self.graded > 0, "no fault was ever injected"
        bad = [found for found in self.findings if found["code"] not in SEEN_OTHERWISE]
        assert not bad, bad


class Aimock:
    """aimock's faults stand in its fixtures."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}/__aimock"

    def calls(self):
        return int(harness.request("GET", f"{self.base}/journal?limit=1").headers["x-total-count"])


def run(tally, gateway, modules):
    """Every pair with the mocks that speak it."""
    llmock_port, aimock_port = harness.free_port(), harness.free_port()
    processes = []
    try:
        processes.append(start_llmock(llmock_port))
        processes.append(start_aimock(aimock_port, modules))
        gateway.apply(catalogue(llmock_port, aimock_port))
        mocks = {"llmock": Llmock(llmock_port), "aimock": Aimock(aimock_port)}
        for dialect in DIALECTS:
            for kind in KINDS["aimock"]:
                checks(tally, gateway, mocks, dialect, kind)
        tally.run("llmock's verdict on the gateway", mocks["llmock"].verdict)
    finally:
        for process in processes:
            process.stop()


def checks(tally, gateway, mocks, dialect, kind):
    llmock = mocks["llmock"]

    def run(what, mock, check, *more):
        """One check, in which the mock must have been called."""

        def checked():
            with seen_by(mocks[mock].calls):
                check(gateway, dialect, f"{mock}-{kind}", *more)

        tally.run(f"{dialect} to {mock}-{kind}: {what}", checked)

    for mock in [mock for mock in mocks if kind in KINDS[mock]]:
        run("plain", mock, plain)
        run("tool", mock, tool)
    if kind in KINDS["llmock"]:
        run("retried", "llmock", llmock.retried)
        run("refused", "llmock", llmock.refused)
        for fault in ("disconnect", "truncate", "malformed", "stall"):
            run(fault, "llmock", llmock.breaks, fault)
    run("form", "aimock", form)
    run("too many", "aimock", fails, "too many", (429, 503))
    run("broken", "aimock", fails, "broken", (500, 502, 503))
    # aimock cuts Messages and Responses before their first word, the others after it.
    ending = "head" if kind in ("anthropic", "openai-responses") else "error"
    for text in ("cut short", "dropped"):
        run(text, "aimock", broken_stream, text, ending)
