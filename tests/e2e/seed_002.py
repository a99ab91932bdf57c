"""Seed 002, a gateway of workspaces: its document's examples against `preset = "002"`.

In: a running gateway. Out: a check a row. Never here: own provider keys
(tests/process/tests/suite/own_keys.rs).
"""

import concurrent.futures
import json
import subprocess

import openai

import expect
import seeds

MINI = "openai/gpt-5.4-mini"
NODE_MODEL = MINI


def catalogue(gateway):
    """The three models of its list."""
    return {
        "provider": [
            seeds.provider(gateway, "openai", "openai", quirks=seeds.NEWER),
            seeds.provider(gateway, "anthropic", "anthropic"),
        ],
        "model": [
            seeds.model(MINI, ("openai", "gpt-4.1-mini")),
            seeds.model("openai/gpt-5.4", ("openai", "gpt-5.4")),
            seeds.model("anthropic/claude-4.5-sonnet", ("anthropic", "claude-sonnet-4-5")),
        ],
        "tier": [seeds.tier("demo", "free", 100_000, 1_000, 1_000_000)],
    }


def body(**more):
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
    ]
    fields = {"temperature": 0.7, "max_tokens": 512, "stop": ["\n###"], "top_p": 0.9}
    return {"model": MINI, "messages": turns, "stream": False, **fields, **more}


def row_002_01_the_sdk_works_by_another_base_url(seed):
    client = openai.OpenAI(base_url=seed.base, api_key=seed.key, max_retries=0)
    told = client.chat.completions.create(model=MINI, messages=[{"role": "user", "content": "Hello!"}])
    assert seed.base == f"{seed.root}/v1" and told.choices[0].message.content == expect.said("Hello!"), told
    command = [seed.gateway.binary, "config", "print", "--json"]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True, env={}).stdout)
    assert printed["server.listen"]["value"] == "127.0.0.1:8011", printed["server.listen"]


def row_002_02_keys_and_their_stored_prefix(seed):
    made = seed.gateway.manage("POST", "/keys", {"workspace": seed.gateway.workspace, "name": "production-key"})
    assert made["key"].startswith("zk_live_") and made["prefix"] == made["key"][:12], made["prefix"]
    assert seed.get("/key", key=made["key"]).json()["api_key"]["prefix"] == made["prefix"]


def row_002_03_a_revoked_key_is_401_at_once(seed):
    made = seed.gateway.manage("POST", "/keys", {"workspace": seed.gateway.workspace, "name": "short-lived"})
    assert seed.get("/models", key=made["key"]).status == 200
    seed.gateway.manage("DELETE", f"/keys/{made['id']}")
    reply = seed.get("/models", key=made["key"])
    assert (reply.status, reply.json()) == (401, {"detail": "Invalid API key"}), reply.body


def row_002_04_the_body_of_its_document(seed):
    told = seed.post("/chat/completions", body()).json()
    assert told["id"].startswith("cmpl_") and told["object"] == "chat.completion" and told["model"] == MINI, told
    assert told["choices"][0]["message"] == {
        **told["choices"][0]["message"],
        "role": "assistant",
        "content": expect.said("three"),
    }
    usage = told["usage"]
    assert usage["prompt_tokens"] == expect.tokens("Be brief.", "one", "two", "three"), usage
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"], usage


def row_002_05_a_stream_ends_with_its_usage_unasked(seed):
    for model in (MINI, "anthropic/claude-4.5-sonnet"):
        reply = seed.post("/chat/completions", body(model=model, stream=True))
        assert reply.headers["content-type"].startswith("text/event-stream")
        *chunks, last, done = [data for _, data in reply.events()]
        assert done == "[DONE]" and last["choices"] == [] and last["model"] == model, reply.body
        assert last["usage"]["total_tokens"] > 0 and all(chunk["choices"] for chunk in chunks), reply.body
        said = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
        assert said == expect.said("three"), said
        unwanted = seed.post(
            "/chat/completions", body(model=model, stream=True, stream_options={"include_usage": False})
        )
        assert unwanted.events()[-2][1]["usage"]["total_tokens"] > 0, unwanted.body


def row_002_06_models_are_owned_by_their_prefix(seed):
    told = seed.get("/models").json()
    owners = {entry["id"]: entry["owned_by"] for entry in told["data"]}
    wanted = {MINI: "openai", "openai/gpt-5.4": "openai", "anthropic/claude-4.5-sonnet": "anthropic"}
    assert told["object"] == "list" and owners == wanted, owners


def row_002_08_the_identity_of_a_key(seed):
    bodies = [seed.get(path).json() for path in ("/key", "/me", "/whoami")]
    told = bodies[0]
    assert bodies.count(told) == 3 and told["auth"] == "api_key" and set(told["org"]) == {"id", "name", "slug"}, told
    named = {"id", "name", "prefix", "spend_micro_usd", "spend_cap_micro_usd", "fallback_model"}
    assert named <= set(told["api_key"]) and told["api_key"]["prefix"] == seed.key[:12], told


def row_002_10_errors_are_one_sentence(seed):
    poor = seed.poor()
    provoked = {
        400: [seed.post("/chat/completions", body(messages=[]))],
        401: [seed.get("/models", key="zk_live_wrong"), seed.post("/chat/completions", body(), key="x")],
        402: [seed.post("/chat/completions", body(), key=poor)],
        404: [
            seed.get("/nothing"),
            seed.post("/messages", body()),
            seed.get("/models/nobody"),
            seed.get("//elsewhere"),
        ],
        405: [seed.get("/chat/completions")],
        502: [seed.chat(MINI, "x [[sim: status=500]]")],
        529: [seed.chat(MINI, "x [[sim: status=529]]")],
    }
    for status, replies in provoked.items():
        for reply in replies:
            told = reply.json()
            assert reply.status == status and set(told) == {"detail"} and isinstance(told["detail"], str), reply.body
            assert status != 401 or told["detail"] == "Invalid API key", told


def row_002_11_a_spend_cap_is_told_and_never_passed(seed):
    key = seed.customer("capped", "5.00", None, caps={"total_micro_usd": 1_000})["key"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(seed.chat, MINI, "hi [[sim: tokens=30]]", key=key, max_tokens=30) for _ in range(24)]
        statuses = [call.result().status for call in calls]
    assert set(statuses) == {200, 402}, statuses
    told = seed.get("/key", key=key).json()["api_key"]
    assert 0 < told["spend_micro_usd"] <= told["spend_cap_micro_usd"] == 1_000, told
    while (reply := seed.chat(MINI, "hi [[sim: tokens=30]]", key=key, max_tokens=30)).status == 200:
        pass
    lowered = {"rules": {"caps": {"total_micro_usd": told["spend_micro_usd"]}}}
    seed.gateway.manage("PATCH", f"/keys/{told['id']}", lowered)
    reply = seed.chat(MINI, "hi", key=key)
    assert reply.status == 402 and reply.json()["detail"].startswith("Spend cap reached: 0.000"), reply.body


def row_002_13_a_second_model_serves_and_says_so(seed):
    key = seed.customer("careful", "5.00", None, fallback_model="openai/gpt-5.4")["key"]
    reply = seed.chat("anthropic/claude-4.5-sonnet", "hi [[sim: status=529 times=3 id=row-002-13]]", key=key)
    assert seeds.text_of(reply) == expect.said("hi") and reply.json()["model"] == "openai/gpt-5.4", reply.body
    assert seed.gateway.row(reply.headers["x-request-id"])["model"] == "openai/gpt-5.4"
    assert seed.get("/key", key=key).json()["api_key"]["fallback_model"] == "openai/gpt-5.4"


def row_002_12_spend_is_whole_micro_usd(seed):
    key = seed.gateway.workspace_with("spender", "1.00")
    reply = seed.chat(MINI, "hello [[sim: tokens=33]]", key=key)
    charge = seed.gateway.row(reply.headers["x-request-id"])["charge_nano_usd"]
    told = seed.get("/key", key=key).json()
    assert told["api_key"]["spend_micro_usd"] == -(-charge // 1000) > 0, told
    amounts = [
        value for name, value in {**told, **told["api_key"], **told["cache"]}.items() if name.endswith("micro_usd")
    ]
    assert all(value is None or (type(value) is int and abs(value) < 2**53) for value in amounts), told


def row_002_09_the_command_tells_the_identity(seed):
    command = [seed.gateway.binary, "whoami", "--json", "--server", seed.root]
    environment = {"TOLLGATE_API_KEY": seed.key, "TOLLGATE_PRESET": "002"}
    told = json.loads(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)
    assert told == seed.get("/key").json(), told
