"""Seed 001, a gateway of many formats: its document's examples against `preset = "001"`.

In: a running gateway. Out: a check a row. Never here: tiers, limits, payments, install scripts,
which are not there yet.
"""

import anthropic
import openai

import expect
import seeds

SETTINGS = {"TOLLGATE_SERVER__BODY_BYTES_MAX": "262144"}
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
    return {"provider": providers, "model": models}


def message(seed, model, text, **more):
    """A call of Messages as the document's curl makes it."""
    body = {"model": model, "max_tokens": 1024, "messages": [{"role": "user", "content": text}], **more}
    return seed.post("/messages", body, x_api_key=seed.key, **VERSION)


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


def row_001_25_nine_of_its_eleven_statuses(seed):
    """400 401 402 405 408 413 502 503 529; 403 and 429 come with blocks and limits."""
    ask = {"model": "gpt-4.1", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]}
    poor = seed.poor()
    provoked = {
        400: [seed.post("/messages", {"model": "gpt-4.1"}), seed.post("/messages", b"{")],
        401: [seed.post("/messages", ask, key="sk-wrong"), seed.post("/chat/completions", ask, key="sk-wrong")],
        402: [seed.post("/messages", ask, key=poor), seed.post("/chat/completions", ask, key=poor)],
        405: [seed.get("/messages"), seed.send("PUT", "/chat/completions", ask)],
        408: [seed.chat("slow", "x [[sim: hang]]"), message(seed, "slow", "x [[sim: hang]]")],
        413: [seed.chat("gpt-4.1", "x" * 300_000)],
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
