"""The bill: every call has one usage row with foretold tokens and an exact charge, and the books balance.

In: a running gateway with the simulated providers. Out: checks. Never here: SDKs, third-party upstreams.
"""

import contextlib
import json

import expect
from dialects import ends_once
from gateway import call_body

MODELS = ("sim-openai", "sim-anthropic")


def call(gateway, dialect, model, text, **more):
    return (gateway.chat if dialect == "openai" else gateway.messages)(model, text, **more)


def exact(gateway, dialect, model, stream):
    """All four pairs, streamed and not: tokens and charge to the last digit."""
    text = f"{dialect} to {model} 日本 [[sim: tokens=50]]"
    with seen_by(gateway.sim_calls):
        reply = call(gateway, dialect, model, text, stream=stream)
    assert reply.status == 200, reply.body
    if stream:
        assert ends_once(reply, dialect)
    row = gateway.row(reply.headers["x-request-id"])
    used = row["tokens"]
    assert used.get("input", 0) == expect.tokens(text), row
    assert used.get("output", 0) + used.get("reasoning", 0) == 50, row
    assert row["usage_source"] == "provider" and row["streamed"] is stream, row
    price = gateway.prices()[model]
    assert row["charge_nano_usd"] == expect.charge_nano_usd(used, price), (row, price)


@contextlib.contextmanager
def seen_by(count):
    """`count` gives how many calls an upstream saw; inside the block it must see one, or nothing was tried."""
    before = count()
    yield
    assert count() > before, "no upstream was called"


def faulty(gateway, dialect, model, directive, ending):
    """A fault inside a stream: one ending, the foretold charge, and no hold left.

    `ending` is `well`, `error` (inside the stream, after what was said) or `head` (perhaps before it began).
    """
    text = f"hi [[sim: tokens=40 {directive}]]"
    with seen_by(gateway.sim_calls):
        reply = call(gateway, dialect, model, text, stream=True)
    if reply.status == 200:
        assert ends_once(reply, dialect) is (ending == "well"), reply.body
    else:
        assert ending == "head" and reply.status >= 500, (reply.status, reply.body)
    assert b"sim-upstream" not in reply.body, "an upstream's words reached the client"
    row = gateway.row(reply.headers["x-request-id"])
    price = gateway.prices()[model]
    charge, prompt = row["charge_nano_usd"], expect.tokens(text)
    if ending == "head":
        assert charge == 0, row
    elif ending == "well":
        if directive in ("no_usage", "wrong_usage=huge"):
            # No report, or an absurd one: a quarter of the bytes of the request, and of the very words of the answer.
            prompt = expect.tokens(json.dumps(call_body(model, text, stream=True)))
            assert row["estimated"], row
        assert charge == expect.charge_nano_usd({"input": prompt, "output": 40}, price), (row, price)
    else:
        # What passed before the fault, never more than the whole.
        whole = expect.charge_nano_usd({"input": prompt, "output": 40}, price)
        assert expect.charge_nano_usd({"input": prompt, "output": 1}, price) <= charge < whole, (row, price)
    assert gateway.balance_micro_usd()[1] == 0, "a hold is left"


def no_credit(gateway):
    key = gateway.workspace_with("poor")
    for dialect in ("openai", "anthropic"):
        for model in MODELS:
            reply = call(gateway, dialect, model, "hi", key=key)
            assert reply.status == 402, (reply.status, reply.body)


def books(gateway):
    """Every row's charge is its tokens at its price, their sum is what the balance lost, the audit is clean."""
    prices = gateway.prices()
    rows = gateway.rows()
    for row in rows:
        if row["model"] not in prices:
            assert row["charge_nano_usd"] == 0, row
            continue
        wanted = expect.charge_nano_usd(row["tokens"], prices[row["model"]])
        if row["images"]:
            # Beside their tokens they cost what some size and quality costs, all the same here.
            each = [wanted + row["images"] * one for one in expect.images_nano_usd(prices[row["model"]])]
            assert row["charge_nano_usd"] in each, row
            continue
        # Nothing here outgrows its hold, so estimates are charged in full too.
        assert row["charge_nano_usd"] == wanted, row
    report = gateway.audit()
    assert report["clean"] and report["open_holds"] == 0, report
    assert report["charged_nano_usd"] == sum(row["charge_nano_usd"] for row in rows), report


def run(tally, gateway):
    """Every check of the bill."""
    for dialect in ("openai", "anthropic"):
        for model in MODELS:
            for stream in (False, True):
                name = f"bill {dialect} to {model}{' streamed' if stream else ''}"
                tally.run(name, exact, gateway, dialect, model, stream)
            faults = [
                ("cut_after=3 pace_ms=15", "error"), ("eof_after=3 pace_ms=15", "error"),
                ("error_event_after=2 pace_ms=15", "error"), ("error_event_after=0", "head"),
                ("garbage_after=2 eof_after=3 pace_ms=15", "error"), ("garbage", "head"), ("endless_line=4096", "head"),
                ("html", "head"), ("redirect=http://127.0.0.1:9/x", "head"), ("wrong_usage=negative", "well"),
                ("wrong_usage=huge", "well"), ("no_usage", "well"), ("rechunk=1 crlf", "well"), ("comments", "well"),
            ]
            for directive, ending in faults:
                name = f"fault {directive} {dialect} to {model}"
                tally.run(name, faulty, gateway, dialect, model, directive, ending)
    tally.run("bill of a workspace without credit", no_credit, gateway)
