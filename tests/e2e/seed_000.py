"""Seed 000, a gateway of aliases: its document's examples against `preset = "000"`.

In: a running gateway. Out: a check a row. Never here: the dashboard, which is not there yet.
"""

import concurrent.futures

import harness
import openai

import expect
import seeds

SETTINGS = {"TOLLGATE_SERVER__BODY_BYTES_MAX": "65536"}
NODE_MODEL = "ez-chat-standard"
GROUPS = {
    "general purpose": ("ez-chat-standard", "ez-chat-fast", "ez-chat-pro"),
    "reasoning and coding": ("ez-reasoning", "ez-code", "ez-build"),
    "fast and low cost": ("ez-fast", "ez-mini", "ez-efficient"),
    "specialized": ("embeddings", "image-generation", "long-context"),
}
# What must never be read by a client: names, hosts and credentials of those who serve.
HIDDEN = ("sim-upstream", "sim-credential", "sim-openai", "partner-", "127.0.0.1")
FIRST = {
    "model": "ez-chat-standard",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Explain API gateways in simple terms."},
    ],
    "temperature": 0.7,
    "max_tokens": 500,
}
TICKET = {
    "type": "function",
    "function": {
        "name": "create_ticket",
        "description": "Create a support ticket",
        "parameters": {
            "type": "object",
            "properties": {
                "subject": {"type": "string"},
                "priority": {"type": "string", "enum": ["low", "medium", "high"]},
            },
            "required": ["subject", "priority"],
        },
    },
}


def catalogue(gateway):
    """The twelve aliases in their groups, and a few routes that fail."""
    more = {
        "embeddings": {"serves": "embeddings", "price": {"input": "0.02"}},
        "image-generation": {"serves": "images", "price": {"image": "0.04"}, "tiers": ["painter", "demo"]},
        "long-context": {"legacy_names": ["ez-long-context"], "context_length": 1_000_000},
    }
    names = {"embeddings": "sim-openai-embedding", "image-generation": "sim-openai-image"}
    models = [
        seeds.model(id, ("partner-one", names.get(id, "sim-openai")), category=group, **more.get(id, {}))
        for group, ids in GROUPS.items()
        for id in ids
    ]
    models += [
        seeds.model("half-dead", ("partner-dead", "sim-openai"), ("partner-one", "sim-openai")),
        seeds.model("dead", ("partner-dead", "sim-openai")),
        seeds.model("slow", ("partner-slow", "sim-openai")),
    ]
    providers = [
        seeds.provider(gateway, "partner-one", "openai"),
        seeds.provider(gateway, "partner-slow", "openai", timeouts={"total_ms": 500}),
        seeds.dead_provider("partner-dead"),
    ]
    models.append(seeds.model("ez-staff", ("partner-one", "sim-openai"), tiers=["demo"]))
    # The account of the other rows is in the tier of demos, new ones are in the usual one.
    tiers = [
        seeds.tier("usual", "free", 1_000, 100, 100_000),
        seeds.tier("painter", "plan", 1_000, 100, 100_000),
        seeds.tier("single", "plan", 1_000, 1, 100_000),
        seeds.tier("demo", "plan", 100_000, 1_000, 1_000_000),
    ]
    return {"provider": providers, "model": models, "tier": tiers}


def prepare(gateway):
    gateway.manage("PATCH", f"/workspaces/{gateway.workspace}", {"rules": {"tier": "demo"}})


def client(seed, **more):
    return openai.OpenAI(base_url=seed.base, **{"api_key": seed.key, "max_retries": 0, **more})


def row_000_02_the_first_call(seed):
    assert seed.base == f"{seed.root}/api/v1" and seed.key.startswith("ez-"), seed.base
    reply = seed.post("/chat/completions", FIRST)
    assert seeds.text_of(reply) == expect.said(FIRST["messages"][1]["content"])
    assert reply.headers["content-type"] == "application/json" and reply.headers["x-request-id"]


def row_000_03_the_answer_has_every_field(seed):
    answer = seed.post("/chat/completions", FIRST).json()
    assert answer["id"].startswith("chatcmpl_") and answer["object"] == "chat.completion", answer
    assert isinstance(answer["created"], int) and answer["model"] == FIRST["model"], answer
    choice, usage = answer["choices"][0], answer["usage"]
    assert choice["index"] == 0 and choice["finish_reason"] == "stop", choice
    assert choice["message"]["role"] == "assistant", choice
    assert usage["prompt_tokens"] == expect.tokens(*(turn["content"] for turn in FIRST["messages"])), usage
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"], usage


def row_000_04_keys_have_the_prefix_and_are_shown_once(seed):
    made = seed.gateway.manage("POST", "/keys", {"workspace": seed.gateway.workspace, "name": "shown once"})
    assert made["key"].startswith("ez-"), made
    listed = [key for key in seed.gateway.manage("GET", "/keys")["data"] if key["id"] == made["id"]][0]
    assert listed["prefix"] == made["key"][: len("ez-") + 4] and made["key"] not in str(listed), listed
    assert made["key"] not in seed.get("/key", key=made["key"]).body.decode()


def row_000_05_one_key_is_revoked_and_the_others_go_on(seed):
    make = seed.gateway.manage
    body = {"workspace": seed.gateway.workspace}
    keys = [make("POST", "/keys", {**body, "name": name}) for name in ("development", "staging", "production")]
    assert len({key["prefix"] for key in keys}) == 3, keys
    make("DELETE", f"/keys/{keys[1]['id']}")
    statuses = [seed.get("/models", key=key["key"]).status for key in keys]
    assert statuses == [200, 401, 200], statuses


def row_000_07_a_stream_is_read_to_its_end(seed):
    text = "Write a concise deployment checklist."
    stream = client(seed).chat.completions.create(
        model="ez-long-context", messages=[{"role": "user", "content": text}], stream=True
    )
    said = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert said == expect.said(text), said


def row_000_08_a_tool_is_called_and_its_result_read(seed):
    messages = [{"role": "user", "content": "Create a support ticket for a failed payment."}]
    create = client(seed).chat.completions.create
    first = create(model="ez-chat-standard", messages=messages, tools=[TICKET]).choices[0]
    call = first.message.tool_calls[0]
    assert first.finish_reason == "tool_calls" and call.function.name == "create_ticket", first
    assert '"priority":' in call.function.arguments.replace(" ", ""), call
    turn = [first.message, {"role": "tool", "tool_call_id": call.id, "content": "ticket 7"}]
    second = create(model="ez-chat-standard", messages=messages + turn, tools=[TICKET])
    assert second.choices[0].message.content == "The tool answered: ticket 7.", second


def row_000_09_legacy_completions(seed):
    answer = client(seed).completions.create(model="ez-fast", prompt="hello", max_tokens=50)
    assert answer.choices[0].text == expect.said("hello") and answer.object == "text_completion", answer


def row_000_10_embeddings_by_their_alias(seed):
    answer = client(seed).embeddings.create(model="embeddings", input=["one", "two"])
    assert len(answer.data) == 2 and answer.model == "embeddings" and answer.data[0].embedding, answer


def row_000_11_images_are_made_for_a_tier_that_has_them(seed):
    painter = seed.customer("painter", "5.00", {"plans": ["painter"]})["key"]
    other = seed.customer("writer", "5.00")["key"]
    for key in (seed.key, painter):
        answer = client(seed, api_key=key).images.generate(model="image-generation", prompt="a fox", size="1024x1024")
        assert answer.data[0].b64_json or answer.data[0].url, answer
    paint = client(seed, api_key=other).images.generate
    seeds.raises(openai.PermissionDeniedError, 403, paint, model="image-generation", prompt="a fox")
    lists = [{entry["id"] for entry in seed.get("/models", key=key).json()["data"]} for key in (painter, other)]
    assert lists[0] - lists[1] == {"image-generation"}, lists


def row_000_12_the_list_is_what_may_be_used(seed):
    listed = {entry["id"] for entry in seed.get("/models").json()["data"]}
    document = seed.gateway.manage("GET", "/catalogue")["model"]
    sold = {entry["id"] for entry in document if entry.get("enabled", True)}
    assert listed == sold, listed ^ sold


def row_000_13_twelve_models_in_four_groups(seed):
    listed = {entry["id"]: entry["category"] for entry in seed.get("/models").json()["data"]}
    for group, ids in GROUPS.items():
        assert {id for id, category in listed.items() if category == group} == set(ids), group
    assert sum(map(len, GROUPS.values())) == 12
    for id in [id for group in GROUPS.values() for id in group[:2]] + ["long-context", "ez-long-context"]:
        if id not in ("embeddings", "image-generation"):
            assert seeds.text_of(seed.chat(id, "hello")) == expect.said("hello"), id


def row_000_15_a_gateway_behind_a_gateway(seed):
    gateway = seed.gateway
    there = {"name": "private", "kind": "openai", "base_url": seed.base, "credentials": [seed.key]}
    document = catalogue(gateway)
    document["provider"].append(there)
    document["model"].append(seeds.model("relayed", ("private", "ez-chat-standard")))
    gateway.apply(document)
    reply = seed.chat("relayed", "hello")
    assert seeds.text_of(reply) == expect.said("hello") and reply.json()["model"] == "relayed", reply.body
    seeds.only(gateway, catalogue(gateway))


def row_000_16_a_dead_route_is_passed_over_unseen(seed):
    reply = seed.chat("half-dead", "hello")
    assert seeds.text_of(reply) == expect.said("hello") and reply.json()["model"] == "half-dead", reply.body


def row_000_17_nobody_learns_who_serves(seed):
    told = [seed.get("/models"), seed.get("/models/ez-fast"), seed.get("/nothing"), seed.chat("nobody", "x")]
    for stream in (False, True):
        for directive in (
            "plant echo_headers",
            "status=500 echo_headers",
            "status=401",
            "error_event_after=1",
            "html",
        ):
            told.append(seed.chat("ez-chat-fast", f"hi [[sim: {directive}]]", stream=stream))
    told.append(seed.chat("dead", "hi"))
    for reply in told:
        read = reply.body.decode() + str(reply.headers)
        found = [word for word in HIDDEN if word in read]
        assert not found, (found, read)


def row_000_18_an_empty_balance_is_402_before_anything_ran(seed):
    key, before = seed.poor(), seed.gateway.sim_calls()
    reply = seed.post("/chat/completions", FIRST, key=key)
    error = reply.json()["error"]
    assert reply.status == 402 and set(error) == {"message", "type", "code"}, reply.body
    assert (error["type"], error["code"]) == ("insufficient_balance", 402), error
    assert seed.gateway.sim_calls() == before


def row_000_19_eight_of_its_nine_statuses(seed):
    """All but 500: that is a defect that nobody can ask for."""
    usual = seed.customer("usual", "5.00", None, requests_per_minute=1)["key"]
    assert seed.chat("ez-fast", "x", key=usual).status == 200
    provoked = {
        400: [
            seed.post("/chat/completions", {**FIRST, "messages": []}),
            seed.chat("ez-fast", "x [[sim: status=400]]"),
        ],
        401: [seed.get("/models", key="ez-wrong"), seed.chat("ez-fast", "x", key="sk-other")],
        402: [seed.chat("ez-fast", "x", key=seed.poor("poorer"))],
        403: [seed.chat("ez-staff", "x", key=usual)],
        429: [seed.chat("ez-fast", "x", key=usual)],
        404: [seed.get("/nothing"), seed.chat("nobody", "x"), harness.request("GET", f"{seed.root}/v1/models")],
        408: [seed.chat("slow", "x [[sim: hang]]")],
        502: [
            seed.chat("ez-fast", "x [[sim: status=500]]"),
            seed.chat("dead", "x"),
            seed.chat("ez-fast", "x [[sim: status=529]]"),
        ],
    }
    with open(f"{seeds.HERE}/../../docs/FAULTS.md", encoding="utf-8") as page:
        rows = [line.split(" | ") for line in page if line.startswith("| ")]
    for status, replies in provoked.items():
        for reply in replies:
            error = reply.json()["error"]
            assert (reply.status, error["code"]) == (status, status), (status, reply.status, reply.body)
            assert set(error) == {"message", "type", "code"}, error
        assert any(row[0] == f"| {status}" and len(row[8]) > 10 for row in rows), status


def row_000_20_other_tiers_are_403_and_what_is_not_there_404(seed):
    assert seed.chat("ez-staff", "x").status == 200
    reply = seed.chat("ez-staff", "x", key=seed.customer("outsider", "5.00")["key"])
    assert reply.status == 403 and reply.json()["error"]["code"] == 403, reply.body
    for reply in (seed.chat("nobody", "x"), seed.get("/models/nobody"), seed.post("/chat/completion", FIRST)):
        assert reply.status == 404 and reply.json()["error"]["code"] == 404, reply.body


def row_000_21_an_sdk_that_waits_succeeds(seed):
    single = seed.customer("single", "5.00", {"plans": ["single"]})["key"]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(seed.chat, "ez-fast", "slow [[sim: delay_ms=1500]]", key=single)
        while seed.get("/key", key=single).json()["limits"]["concurrent_requests"]["remaining"]:
            pass
        refused = seed.chat("ez-fast", "now", key=single)
        assert refused.status == 429 and refused.headers["retry-after"] == "1", (refused.status, refused.headers)
        ask = {"model": "ez-fast", "messages": [{"role": "user", "content": "later"}]}
        told = client(seed, api_key=single, max_retries=5).chat.completions.create(**ask)
        assert told.choices[0].message.content == expect.said("later"), told
        assert slow.result().status == 200


def row_000_22_bodies_have_a_limit_and_a_type(seed):
    large = seed.chat("ez-fast", "x" * 70_000)
    assert large.status == 413 and "65536 bytes" in large.json()["error"]["message"], large.body
    plain = seed.send("POST", "/chat/completions", FIRST, content_type="text/plain")
    assert plain.status == 400 and "application/json" in plain.json()["error"]["message"], plain.body
    with open(f"{seeds.HERE}/../../docs/SETTINGS.md", encoding="utf-8") as page:
        assert "`server.body_bytes_max`" in page.read()


def row_000_23_credit_goes_down_by_tokens_and_price(seed):
    gateway = seed.gateway
    key = gateway.workspace_with("payer", "1.00")
    reply = seed.chat("ez-chat-pro", "hello [[sim: tokens=50]]", key=key)
    row = gateway.row(reply.headers["x-request-id"])
    assert row["charge_nano_usd"] == expect.charge_nano_usd(row["tokens"], seeds.PRICE) > 0, row
    assert (row["model"], row["tokens"]["output"]) == ("ez-chat-pro", 50) and row["latency_ms"] >= 0, row
    left = (1_000_000_000 - row["charge_nano_usd"]) // 1_000
    assert gateway.balance_micro_usd("payer")[0] == left
    assert seed.get("/key", key=key).json()["balance_micro_usd"] == left


def row_000_06_what_each_key_spent_is_told(seed):
    made = [
        seed.gateway.manage("POST", "/keys", {"workspace": seed.gateway.workspace, "name": name})["key"]
        for name in ("busy", "idle")
    ]
    reply = seed.chat("ez-fast", "hello [[sim: tokens=40]]", key=made[0])
    charge = seed.gateway.row(reply.headers["x-request-id"])["charge_nano_usd"]
    spent = [seed.get("/key", key=key).json()["api_key"]["spend_micro_usd"] for key in made]
    assert spent == [-(-charge // 1000), 0] and charge > 0, spent


def row_000_24_a_request_is_found_by_its_own_id(seed):
    reply = seed.send("POST", "/chat/completions", FIRST, x_client_request_id="checkout-4711")
    assert reply.headers["x-client-request-id"] == "checkout-4711", reply.headers
    row = seed.gateway.row("checkout-4711")
    assert row["request_id"] == reply.headers["x-request-id"] and row["model"] == FIRST["model"], row
