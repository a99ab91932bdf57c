"""Seed 001, a gateway of many formats: its document's examples against `preset = "001"`.

In: a running gateway. Out: a check a row. Never here: payments, install scripts, which are not there yet.
"""

import concurrent.futures
import datetime

import anthropic
import harness
import openai

import expect
import seeds

SETTINGS = {
    "TOLLGATE_SERVER__BODY_BYTES_MAX": "262144",
    # So that clients can come from any address.
    "TOLLGATE_SERVER__TRUSTED_PROXIES": "127.0.0.1",
}
NODE_MODEL = "claude-sonnet-4-5"
CLAUDE = (
    "claude-opus-4-6",
    "claude-opus-4-5",
    "claude-sonnet-4-6",
    "claude-sonnet-4-5",
    "claude-sonnet-4",
    "claude-haiku-4-5",
)
OPENAI = (
    "gpt-5.4",
    "gpt-5.3-codex",
    "gpt-5.2",
    "gpt-5.2-codex",
    "gpt-5.1",
    "gpt-5.1-codex",
    "gpt-5.1-codex-mini",
    "gpt-5.1-codex-max",
    "gpt-5",
    "gpt-5-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4.1-nano",
    "gpt-4o",
    "gpt-4o-mini",
    "o3",
    "o3-mini",
    "o4-mini",
)
GOOGLE = ("gemini-3-pro", "gemini-3-flash", "gemini-2.5-pro", "gemini-2.5-flash")
XAI = ("grok-code-fast-1",)
ALL = CLAUDE + OPENAI + GOOGLE + XAI
FREE = ("step-3.5-flash", "glm-4.5-air", "nemotron-3-nano")
# Requests a minute, at once and a day.
TIERS = {
    "free": (5, 1, 50),
    "topup": (30, 2, 500),
    "starter": (30, 2, 1000),
    "pro": (60, 3, 2000),
    "max": (90, 6, 5000),
    "ultra": (120, 8, 10000),
}
THINKERS = ("claude-opus-4-6", "claude-sonnet-4-5", "claude-sonnet-4")
VERSION = {"anthropic_version": "2023-06-01"}
AGENTS = (
    "OpenAI/Python",
    "OpenAI/Python 3.51.0",
    "AsyncOpenAI/Python 3.51.0",
    "OpenAI/JS 6.49.0",
    "Anthropic/Python 2.10.0",
    "Anthropic/JS 1.10.0",
    "EzAI/1.0",
    "python-requests/2.32.5",
    "node-fetch",
    "curl/8.14.1",
    "claude-cli/2.1.328 (external, cli)",
)


def catalogue(gateway):
    """The 29 models over four vendors, three free ones, and routes that fail."""
    thinks = {"reasoning": "visible", "capabilities": ["reasoning"]}
    cached = {"price": {"input": "3.00", "output": "15.00", "cached_input": "0.30", "cache_write_5m": "3.75"}}
    legacy = {"claude-sonnet-4-5": ["claude-3-5-sonnet-20241022"], "claude-haiku-4-5": ["claude-3-haiku-20240307"]}
    models = [
        seeds.model(
            id, ("anthropic", id), **cached, **(thinks if id in THINKERS else {}), legacy_names=legacy.get(id, [])
        )
        for id in CLAUDE
    ]
    models += [seeds.model(id, ("openai", id)) for id in OPENAI]
    models += [seeds.model(id, ("google", id)) for id in GOOGLE]
    models += [seeds.model(id, ("xai", "sim-openai")) for id in XAI]
    models += [seeds.model(id, ("openai", "sim-openai-mini"), price="free") for id in FREE]
    models += [seeds.model("dead", ("dead", "sim-openai")), seeds.model("slow", ("slow", "sim-openai"))]
    providers = [
        seeds.provider(gateway, "anthropic", "anthropic"),
        seeds.provider(gateway, "openai", "openai", quirks=seeds.NEWER),
        seeds.provider(gateway, "google", "gemini"),
        seeds.provider(gateway, "xai", "openai"),
        seeds.provider(gateway, "slow", "openai", timeouts={"total_ms": 500}),
        seeds.dead_provider("dead"),
    ]
    when = {"free": "free", "topup": "balance"}
    tiers = [seeds.tier(name, when.get(name, "plan"), *TIERS[name]) for name in TIERS]
    # The account of the other rows has plenty, and a day of two requests is soon over.
    tiers += [seeds.tier("demo", "plan", 100_000, 1_000, 1_000_000), seeds.tier("tiny", "plan", 100, 10, 2)]
    return {"provider": providers, "model": models, "tier": tiers}


def prepare(gateway):
    gateway.manage("PATCH", f"/workspaces/{gateway.workspace}", {"rules": {"tier": "demo"}})


def in_tier(seed, name, who):
    """A key whose account is in a tier by what it has."""
    plans = [] if name in ("free", "topup") else [name]
    return seed.customer(who, "1.00" if name == "topup" else None, {"plans": plans})["key"]


def limits_told(reply):
    """The six headers of the document."""
    names = ["tier"] + [f"{what}-requests" for what in ("limit", "remaining", "reset")]
    told = [reply.headers[f"x-ratelimit-{name}"] for name in names]
    return told + [reply.headers[f"x-concurrent-{what}"] for what in ("limit", "remaining")]


def message(seed, model, text, key=None, **more):
    """A call of Messages as the document's curl makes it."""
    body = {"model": model, "max_tokens": 1024, "messages": [{"role": "user", "content": text}], **more}
    return seed.post("/messages", body, x_api_key=key or seed.key, **VERSION)


def response(seed, model, **more):
    return seed.post("/responses", {"model": model, "input": "Hello!", "max_output_tokens": 1024, **more})


def row_001_01_the_29_models_of_four_vendors(seed):
    listed = {entry["id"] for entry in seed.get("/models").json()["data"]}
    assert (len(CLAUDE), len(OPENAI), len(GOOGLE), len(XAI)) == (6, 18, 4, 1)
    assert set(ALL) <= listed and len(set(ALL)) == 29, set(ALL) - listed


def row_001_02_every_model_answers_on_every_endpoint(seed):
    for model in ALL:
        told = message(seed, model, "Hello!").json()
        assert told["type"] == "message" and told["model"] == model, told
        assert seeds.text_of(seed.chat(model, "Hello!")) == expect.said("Hello!"), model
        told = response(seed, model).json()
        assert told["object"] == "response" and told["model"] == model and told["status"] == "completed", told


def row_001_03_the_three_calls_of_messages(seed):
    assert seed.base == f"{seed.root}/v1" and seed.key.startswith("sk-"), seed.base
    for model, text in [
        ("claude-sonnet-4-5", "Hello, Claude!"),
        ("gpt-4.1", "Hello, GPT!"),
        ("gemini-2.5-pro", "Hello, Gemini!"),
    ]:
        told = message(seed, model, text).json()
        assert (told["type"], told["role"], told["stop_reason"]) == ("message", "assistant", "end_turn"), told
        assert told["content"] == [{"type": "text", "text": expect.said(text)}] and told["id"].startswith("msg_"), (
            told
        )
        assert told["usage"]["input_tokens"] == expect.tokens(text), told


def row_001_04_without_a_version_it_works_too(seed):
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    assert seed.post("/messages", body, x_api_key=seed.key).status == 200


def row_001_05_a_stream_of_messages_in_order(seed):
    client = anthropic.Anthropic(base_url=seed.root, api_key=seed.key, max_retries=0)
    for model in ("claude-sonnet-4-5", "gpt-4.1"):
        messages = [{"role": "user", "content": "Write a haiku"}]
        events = [
            event.type
            for event in client.messages.create(model=model, max_tokens=1024, messages=messages, stream=True)
        ]
        order = ["message_start", "content_block_delta", "message_stop"]
        assert [events.index(name) for name in order] == sorted(events.index(name) for name in order), events
        assert events[0] == "message_start" and events[-1] == "message_stop", events
        with client.messages.stream(model=model, max_tokens=1024, messages=messages) as run:
            assert run.get_final_text() == expect.said("Write a haiku")


def row_001_06_a_stream_tells_its_input_tokens_at_the_end(seed):
    for model in ("claude-sonnet-4-5", "gpt-4.1", "gemini-2.5-pro"):
        events = message(seed, model, "Write a haiku", stream=True).events()
        usage = [data["usage"] for name, data in events if name == "message_delta"]
        assert usage[0]["input_tokens"] == expect.tokens("Write a haiku"), (model, usage)
        assert usage[0]["output_tokens"] == expect.tokens(expect.said("Write a haiku")), (model, usage)


def row_001_07_counting_is_free(seed):
    before = seed.gateway.balance_micro_usd(), len(seed.gateway.rows())
    body = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "Hello!"}]}
    told = seed.post("/messages/count_tokens", body, x_api_key=seed.key, **VERSION)
    assert told.status == 200 and told.json() == {"input_tokens": expect.tokens("Hello!")}, told.body
    assert (seed.gateway.balance_micro_usd(), len(seed.gateway.rows())) == before


def row_001_08_thinking_within_its_budget(seed):
    thinking = {"type": "enabled", "budget_tokens": 10000}
    for model in THINKERS:
        reply = message(seed, model, "Solve this step by step...", max_tokens=16000, stream=True, thinking=thinking)
        kinds = [data["content_block"]["type"] for name, data in reply.events() if name == "content_block_start"]
        assert kinds == ["thinking", "text"], (model, reply.body)
    thinking["budget_tokens"] = 32001
    reply = message(seed, THINKERS[0], "x", max_tokens=64000, thinking=thinking)
    assert reply.status == 400 and "thinking.budget_tokens" in reply.json()["error"]["message"], reply.body


def row_001_09_chat_completions_with_a_claude_model(seed):
    turns = [{"role": "system", "content": "You are helpful."}, {"role": "user", "content": "Hello!"}]
    reply = seed.post("/chat/completions", {"model": "claude-sonnet-4-5", "messages": turns, "max_tokens": 1024})
    told, usage = reply.json(), reply.json()["usage"]
    assert told["id"].startswith("req_") and told["object"] == "chat.completion", told
    assert told["model"] == "claude-sonnet-4-5" and told["choices"][0]["finish_reason"] == "stop", told
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0, usage


def row_001_10_the_list_is_openais(seed):
    told = seed.get("/models").json()
    assert told["object"] == "list" and all(entry["object"] == "model" for entry in told["data"]), told
    client = openai.OpenAI(base_url=seed.base, api_key=seed.key)
    assert {entry.id for entry in client.models.list()} == {entry["id"] for entry in told["data"]}


def row_001_11_responses_of_a_text_and_of_turns(seed):
    told = response(seed, "claude-sonnet-4-5").json()
    assert told["output"][0]["content"][0]["text"] == expect.said("Hello!"), told
    told = response(
        seed, "claude-sonnet-4-5", input=[{"role": "user", "content": "Hello!"}], instructions="Be brief."
    ).json()
    assert told["usage"]["input_tokens"] == expect.tokens("Be brief.", "Hello!"), told
    assert told["instructions"] == "Be brief." and told["status"] == "completed", told


def row_001_12_both_sdks_with_several_models(seed):
    client = anthropic.Anthropic(api_key=seed.key, base_url=seed.root, max_retries=0)
    for model, text in [
        ("claude-sonnet-4-5", "Hello!"),
        ("gpt-4.1", "Hello GPT!"),
        ("gemini-2.5-pro", "Hello Gemini!"),
    ]:
        msg = client.messages.create(model=model, max_tokens=1024, messages=[{"role": "user", "content": text}])
        assert msg.content[0].text == expect.said(text), msg
    client = openai.OpenAI(
        base_url=seed.base, api_key=seed.key, default_headers={"User-Agent": "EzAI/1.0"}, max_retries=0
    )
    turns = [{"role": "system", "content": "You are helpful."}, {"role": "user", "content": "Hello!"}]
    told = client.chat.completions.create(model="claude-sonnet-4-5", messages=turns, max_tokens=1024)
    assert told.choices[0].message.content == expect.said("Hello!"), told


def row_001_13_no_user_agent_is_refused(seed):
    body = {"model": "gpt-4.1", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]}
    for agent in AGENTS:
        statuses = [seed.post(path, body, user_agent=agent).status for path in ("/chat/completions", "/messages")]
        assert statuses == [200, 200] and seed.get("/models", user_agent=agent).status == 200, (agent, statuses)


def row_001_18_six_tiers_with_its_numbers(seed):
    for name, (minute, at_once, day) in TIERS.items():
        key = in_tier(seed, name, f"in {name}")
        told = seed.get("/key", key=key).json()
        assert told["tier"] == name, told
        limits = {kind: limit["limit"] for kind, limit in told["limits"].items()}
        assert limits == {"requests_per_minute": minute, "concurrent_requests": at_once, "requests_per_day": day}, told
        reply = seed.chat(FREE[0], "hi", key=key)
        assert seeds.text_of(reply) == expect.said("hi")
        expected = [name, str(minute), str(minute - 1), str(at_once), str(at_once - 1)]
        got = limits_told(reply)
        assert got[:3] + got[4:] == expected, (got, expected)


def row_001_19_the_tier_follows_plan_and_credit(seed):
    key = in_tier(seed, "free", "climber")
    tier = lambda: seed.get("/key", key=key).json()["tier"]
    assert tier() == "free"
    seed.gateway.manage("POST", "/workspaces/climber/credit", {"amount_usd": "1.00", "reason": "end-to-end test"})
    assert tier() == "topup"
    for plans, name in [(["pro"], "pro"), (["max", "starter"], "max"), ([], "topup")]:
        seed.gateway.manage("PATCH", "/workspaces/climber", {"rules": {"plans": plans}})
        assert tier() == name, (plans, tier())


def row_001_20_each_limit_bites_and_says_which(seed):
    key = in_tier(seed, "free", "hasty")
    assert [seed.chat(FREE[0], "hi", key=key).status for _ in range(5)] == [200] * 5
    refused = [seed.chat(FREE[0], "hi", key=key)]
    pair = in_tier(seed, "topup", "pair")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(seed.chat, FREE[0], "hi [[sim: delay_ms=1500]]", key=pair) for _ in range(2)]
        while seed.get("/key", key=pair).json()["limits"]["concurrent_requests"]["remaining"]:
            pass
        refused.append(seed.chat(FREE[0], "hi", key=pair))
        assert [call.result().status for call in slow] == [200, 200]
    assert seed.chat(FREE[0], "hi", key=pair).status == 200
    day = seed.customer("two a day", None, {"plans": ["tiny"]})["key"]
    assert [seed.chat(FREE[0], "hi", key=day).status for _ in range(2)] == [200, 200]
    refused.append(seed.chat(FREE[0], "hi", key=day))
    words = ["5 requests per minute", "2 concurrent requests", "2 requests per day"]
    for reply, limit, wait in zip(refused, words, (60, 1, 86_400)):
        error = reply.json()["error"]
        assert reply.status == 429 and limit in error["message"], (reply.status, error)
        assert 0 < int(reply.headers["retry-after"]) <= wait, (limit, reply.headers)


def row_001_21_two_plans_add_up(seed):
    key = seed.customer("two plans", None, {"plans": ["starter", "pro"]})["key"]
    told = seed.get("/key", key=key).json()
    limits = {kind: limit["limit"] for kind, limit in told["limits"].items()}
    assert told["tier"] == "pro" and limits["requests_per_day"] == 1000 + 2000, told
    assert (limits["requests_per_minute"], limits["concurrent_requests"]) == (60, 3), told


def row_001_23_six_headers_on_every_answer(seed):
    key = in_tier(seed, "free", "reader")
    ask = {"model": FREE[0], "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]}
    answers = [
        (200, 5, seed.get("/models", key=key)),
        (200, 4, seed.post("/chat/completions", ask, key=key)),
        (200, 3, seed.post("/messages", {**ask, "stream": True}, key=key)),
        (200, 2, seed.post("/responses", {"model": FREE[0], "input": "hi"}, key=key)),
        (404, 2, seed.post("/messages", {**ask, "model": "nobody"}, key=key)),
        (400, 2, seed.post("/chat/completions", {**ask, "messages": 5}, key=key)),
        (402, 1, seed.post("/messages", {**ask, "model": "gpt-4.1"}, key=key)),
        (502, 0, seed.chat(FREE[0], "hi [[sim: status=500]]", key=key)),
        (429, 0, seed.post("/messages", ask, key=key)),
        (200, 0, seed.post("/messages/count_tokens", {k: v for k, v in ask.items() if k != "max_tokens"}, key=key)),
    ]
    for status, left, reply in answers:
        tier, limit, remaining, reset, at_once, _ = limits_told(reply)
        assert reply.status == status, (status, reply.status, reply.body)
        assert (tier, limit, at_once, remaining) == ("free", "5", "1", str(left)), (status, reply.headers)
        assert len(reset) == len("2026-03-03T09:00:00.000Z") and reset.endswith("Z"), reset
        left_s = (datetime.datetime.fromisoformat(reset) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        assert -5 < left_s <= 60, (status, left_s)


def row_001_24_who_guesses_keys_is_blocked(seed):
    there, elsewhere = {"x_forwarded_for": "203.0.113.7"}, {"x_forwarded_for": "203.0.113.8"}
    guess = lambda n: seed.get("/models", key=f"sk-guess-{n}", **there).status
    assert [guess(n) for n in range(49)] == [401] * 49 and seed.get("/models", **there).status == 200
    assert [guess(n) for n in range(50)] == [401] * 50
    for reply in (seed.get("/models", **there), seed.post("/messages", {"model": FREE[0]}, **there)):
        assert reply.status == 403 and 0 < int(reply.headers["retry-after"]) <= 300, (reply.status, reply.headers)
    assert seed.get("/models", **elsewhere).status == 200
    # Whoever has signed in already goes on; no other token is tried out from there.
    manage = {"authorization": "Bearer tgop-guess", "x-forwarded-for": "203.0.113.7"}
    assert harness.request("GET", f"{seed.root}/api/manage/whoami", None, manage).status == 403


def row_001_25_each_of_its_eleven_statuses(seed):
    ask = {"model": "gpt-4.1", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]}
    poor = seed.poor()
    hasty = seed.customer("one a minute", "1.00", None, requests_per_minute=1)["key"]
    assert seed.chat("gpt-4.1", "x", key=hasty).status == 200
    provoked = {
        400: [seed.post("/messages", {"model": "gpt-4.1"}), seed.post("/messages", b"{")],
        401: [seed.post("/messages", ask, key="sk-wrong"), seed.post("/chat/completions", ask, key="sk-wrong")],
        402: [seed.post("/messages", ask, key=poor), seed.post("/chat/completions", ask, key=poor)],
        403: [seed.chat("gpt-4.1", "x", key=seed.customer("narrow", "1.00", None, models=["gpt-5"])["key"])],
        405: [seed.get("/messages"), seed.send("PUT", "/chat/completions", ask)],
        408: [seed.chat("slow", "x [[sim: hang]]"), message(seed, "slow", "x [[sim: hang]]")],
        413: [seed.chat("gpt-4.1", "x" * 300_000)],
        429: [seed.chat("gpt-4.1", "x", key=hasty), message(seed, "gpt-4.1", "x", key=hasty)],
        502: [seed.chat("gpt-4.1", "x [[sim: status=500]]"), message(seed, "gpt-4.1", "x [[sim: status=500]]")],
        503: [seed.chat("dead", "x"), seed.chat("gpt-4.1", "x [[sim: status=429 retry_after=1]]")],
        529: [
            seed.chat("gpt-4.1", "x [[sim: status=529]]"),
            message(seed, "claude-opus-4-5", "x [[sim: status=529]]"),
        ],
    }
    for status, replies in provoked.items():
        for reply in replies:
            assert reply.status == status and reply.json()["error"]["message"], (status, reply.status, reply.body)
            assert status != 405 or (reply.headers["allow"] == "POST" and "POST" in reply.json()["error"]["message"])
            assert status not in (503, 529) or int(reply.headers["retry-after"]) > 0, reply.headers


def row_001_26_a_broken_connection_is_tried_again_unseen(seed):
    before = seed.gateway.sim_calls()
    reply = seed.chat("gpt-4.1", "hello [[sim: close times=1 id=row-001-26]]")
    assert seeds.text_of(reply) == expect.said("hello") and seed.gateway.sim_calls() == before + 2


def row_001_27_older_names_lead_to_newer_models(seed):
    for old, new in [
        ("claude-3-5-sonnet-20241022", "claude-sonnet-4-5"),
        ("claude-3-haiku-20240307", "claude-haiku-4-5"),
    ]:
        told = message(seed, old, "hi").json()
        assert told["model"] == new and told["content"][0]["text"] == expect.said("hi"), told


def row_001_28_what_is_cached_is_told_and_costs_less(seed):
    system = [{"type": "text", "text": "Long. " * 2000, "cache_control": {"type": "ephemeral"}}]
    first, second = (message(seed, "claude-sonnet-4-6", "hi", system=system) for _ in range(2))
    wrote, read = first.json()["usage"], second.json()["usage"]
    assert wrote["cache_creation_input_tokens"] == read["cache_read_input_tokens"] > 1_000, (wrote, read)
    charges = [seed.gateway.row(reply.headers["x-request-id"])["charge_nano_usd"] for reply in (first, second)]
    assert charges[1] * 5 < charges[0], charges


def row_001_29_free_models_need_no_balance(seed):
    key = seed.gateway.workspace_with("penniless")
    for model in FREE:
        assert seeds.text_of(seed.chat(model, "hi", key=key)) == expect.said("hi")
    assert seed.chat("gpt-4.1", "hi", key=key).status == 402


def row_001_34_charges_are_the_published_prices(seed):
    published = {entry["id"]: entry["pricing"] for entry in seed.get("/models").json()["data"]}
    for model in (*CLAUDE[:2], *OPENAI[:2], *GOOGLE[:2], *XAI, *FREE):
        reply = seed.chat(model, "hello [[sim: tokens=30]]")
        row = seed.gateway.row(reply.headers["x-request-id"])
        assert row["charge_nano_usd"] == expect.charge_nano_usd(row["tokens"], published[model]), (
            row,
            published[model],
        )
        assert (row["charge_nano_usd"] > 0) is (model not in FREE), row
