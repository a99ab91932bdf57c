"""Seed 003, two surfaces of one account: its document's examples against `preset = "003"`.

In: a running gateway. Out: a check a row. Never here: the console.
"""

import concurrent.futures
import json

import anthropic
import harness
import openai

import expect
import seeds

NODE_MODEL = "claude-sonnet-4-6"
TOOL = {
    "name": "get_weather",
    "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def catalogue(gateway):
    """Some of its models over three kinds of providers."""
    return {
        "provider": [
            seeds.provider(gateway, "vertex-ai", "anthropic"),
            seeds.provider(gateway, "custom", "openai"),
            seeds.provider(gateway, "google", "gemini"),
        ],
        "model": [
            seeds.model("claude-opus-4-7", ("vertex-ai", "claude-opus-4-7")),
            seeds.model("claude-sonnet-4-6", ("vertex-ai", "claude-sonnet-4-6")),
            seeds.model("deepseek-v4-flash", ("custom", "sim-openai")),
            seeds.model("gemini-2.5-pro", ("google", "gemini-2.5-pro")),
            seeds.model("unpriced", ("custom", "sim-openai"), price=None),
        ],
        "tier": [
            seeds.tier("demo", "free", 100_000, 1_000, 1_000_000),
            seeds.tier("fair", "plan", 100, 1, 1_000, fair_use={"queued_max": 4, "queue_ms_max": 10_000}),
        ],
    }


def message(seed, model, text, **more):
    body = {"model": model, "max_tokens": 200, "messages": [{"role": "user", "content": text}], **more}
    return seed.post("//anthropic/v1/messages", body, x_api_key=seed.key, anthropic_version="2023-06-01")


def row_003_01_one_key_on_both_surfaces(seed):
    client = openai.OpenAI(base_url=f"{seed.root}/v1", api_key=seed.key, max_retries=0)
    turns = [{"role": "user", "content": "Hello!"}]
    stream = client.chat.completions.create(model="claude-sonnet-4-6", messages=turns, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == expect.said("Hello!")
    client = anthropic.Anthropic(base_url=f"{seed.root}/anthropic", api_key=seed.key, max_retries=0)
    told = client.messages.create(model="claude-sonnet-4-6", max_tokens=200, messages=turns)
    assert told.content[0].text == expect.said("Hello!"), told


def row_003_02_one_catalogue_and_one_balance(seed):
    lists = [
        {entry["id"] for entry in seed.get(f"/{base}/models").json()["data"]} for base in ("/v1", "/anthropic/v1")
    ]
    assert lists[0] == lists[1], lists
    before = seed.gateway.balance_micro_usd()[0]
    message(seed, "claude-sonnet-4-6", "hello [[sim: tokens=100]]")
    after = [seed.get(f"/{base}/user/balance").json() for base in ("/v1", "/anthropic/v1")]
    assert after[0] == after[1] and seed.gateway.balance_micro_usd()[0] < before, after


def row_003_03_every_endpoint_type_that_is_named_works(seed):
    ways = {
        "openai": lambda id: seed.chat(id, "hi"),
        "openai-response": lambda id: seed.post("/responses", {"model": id, "input": "hi"}),
        "anthropic": lambda id: message(seed, id, "hi"),
    }
    for entry in seed.get("/models").json()["data"]:
        kinds = entry["supported_endpoint_types"]
        if entry["id"] == "unpriced":
            continue
        assert set(kinds) == set(ways) and entry["owned_by"] == "tollgate", entry
        assert (kinds[0] == "anthropic") == entry["id"].startswith("claude"), entry
        for kind in kinds:
            assert ways[kind](entry["id"]).status == 200, (entry, kind)


def row_003_04_the_list_is_the_same_for_every_key(seed):
    keys = [seed.key, seed.poor("listed"), seed.gateway.workspace_with("other", "1.00")]
    lists = [seed.get("/models", key=key).json() for key in keys]
    assert lists.count(lists[0]) == 3 and "unpriced" in [entry["id"] for entry in lists[0]["data"]], lists[0]


def row_003_05_chat_completions_always_stream(seed):
    for more in ({}, {"stream": True}, {"stream": False}, {"stream": None}):
        for model in ("claude-sonnet-4-6", "deepseek-v4-flash", "gemini-2.5-pro"):
            reply = seed.chat(model, "hello", **more)
            assert reply.status == 200 and reply.headers["content-type"].startswith("text/event-stream"), (
                more,
                reply.headers,
            )
            events = [data for _, data in reply.events()]
            assert events[-1] == "[DONE]" and events[-2]["usage"]["prompt_tokens"] > 0, reply.body
            said = "".join(data["choices"][0]["delta"].get("content") or "" for data in events[:-2])
            assert said == expect.said("hello"), said


def row_003_06_legacy_completions(seed):
    told = seed.post("/completions", {"model": "deepseek-v4-flash", "prompt": "hello", "max_tokens": 50}).json()
    assert told["choices"][0]["text"] == expect.said("hello"), told


def row_003_07_the_balance_is_the_journals(seed):
    seed.chat("claude-sonnet-4-6", "hello [[sim: tokens=77]]")
    micro, spent = seed.gateway.balance_micro_usd()[0], sum(row["charge_nano_usd"] for row in seed.gateway.rows())
    assert spent > 0 and micro == (5_000_000_000 - spent) // 1000, (micro, spent)
    for path in ("/user/balance", "//user/balance"):
        told = seed.get(path).json()
        info = told["balance_infos"][0]
        assert told["is_available"] is True and info["currency"] == "USD", told
        assert round(float(info["total_balance"]) * 1_000_000) == micro, (told, micro)
        # The demo's credit was given.
        assert (info["granted_balance"], info["topped_up_balance"]) == (info["total_balance"], "0.00"), told


def row_003_08_claude_answers_are_anthropics_own(seed):
    body = {
        "model": "claude-sonnet-4-6",
        "max_tokens": 200,
        "messages": [{"role": "user", "content": "hello"}],
        "x_new": {"a": 1},
    }
    headers = {"x-api-key": "sim", "anthropic-version": "2023-06-01", "anthropic-beta": "some-beta-2026-01-01"}
    sim = f"http://127.0.0.1:{seed.gateway.sim_port}"
    own = harness.request(
        "POST", f"{sim}/anthropic/v1/messages", {key: body[key] for key in body if key != "x_new"}, headers
    ).json()
    ours = message(seed, "claude-sonnet-4-6", "hello").json()
    assert set(ours) <= set(own) and set(ours["usage"]) <= set(own["usage"]), (ours, own)
    assert ours["content"] == own["content"] and ours["stop_reason"] == own["stop_reason"], (ours, own)
    seed.post("//anthropic/v1/messages", body, x_api_key=seed.key, anthropic_beta="some-beta-2026-01-01")
    arrived = harness.request("GET", f"{sim}/_sim/requests").json()["requests"][-1]
    assert arrived["headers"]["anthropic-beta"] == "some-beta-2026-01-01", arrived
    assert json.loads(arrived["body"])["x_new"] == {"a": 1}, arrived


def row_003_09_errors_have_its_own_envelope(seed):
    for reply, status, code in [
        (seed.get("/models", key="sk-wrong"), 401, "invalid_api_key"),
        (seed.chat("nobody", "x"), 404, "model_not_available"),
        (seed.chat("deepseek-v4-flash", "x [[sim: status=500]]"), 502, "provider_error"),
    ]:
        error = reply.json()["error"]
        assert reply.status == status and set(error) == {"code", "message", "type"}, reply.body
        assert error["code"] == code and error["message"].endswith(
            f"(request id: {reply.headers['x-request-id']})"
        ), error
    wrong = message(seed, "nobody", "x").json()
    assert wrong["type"] == "error" and wrong["error"]["type"] == "not_found_error", wrong


def row_003_09_fair_use_publishes_no_numbers_and_queues(seed):
    key = seed.customer("fair", "5.00", {"plans": ["fair"]})["key"]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(seed.chat, "deepseek-v4-flash", "hi [[sim: delay_ms=300]]", key=key) for _ in range(4)]
        replies = [call.result() for call in calls]
    assert [reply.status for reply in replies] == [200] * 4, [reply.body for reply in replies]
    for reply in [*replies, seed.get("/models", key=key)]:
        assert not [name for name in reply.headers if "ratelimit" in name or "concurrent" in name], reply.headers
    told = seed.get("/key", key=key).json()
    assert told["tier"] is None and told["limits"] is None, told


def row_003_10_tool_calls_come_whole_for_every_model(seed):
    client = openai.OpenAI(base_url=f"{seed.root}/v1", api_key=seed.key, max_retries=0)
    tools = [{"type": "function", "function": TOOL}]
    for model in ("claude-opus-4-7", "claude-sonnet-4-6", "deepseek-v4-flash", "gemini-2.5-pro"):
        with client.chat.completions.stream(
            model=model, messages=[{"role": "user", "content": "the weather?"}], tools=tools
        ) as run:
            for _ in run:
                pass
            choice = run.get_final_completion().choices[0]
        call = choice.message.tool_calls[0]
        assert choice.finish_reason == "tool_calls" and call.id and call.function.name == "get_weather", choice
        assert '"city":"sim"' in call.function.arguments.replace(" ", ""), choice
