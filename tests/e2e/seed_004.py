"""Seed 004, a platform of credits: its document's examples against `preset = "004"`.

In: a running gateway. Out: a check a row. Never here: the console.
"""

import time
import urllib.request

import seeds

import expect

NODE_MODEL = "openai/gpt-5"
PAINTER = "google/nano-banana-pro"
HAIKU = {"model": NODE_MODEL, "messages": [{"role": "user", "content": "Write a haiku about APIs."}]}
IMAGE = {"model": PAINTER, "prompt": "A cinematic photo of a robot reading API docs", "size": "1024x1024"}


def catalogue(gateway):
    """Its two models, priced by the request, and one that nobody serves."""
    return {
        "provider": [
            seeds.provider(gateway, "upstream", "openai", quirks=seeds.NEWER),
            seeds.provider(gateway, "painter", "image-task"),
        ],
        "model": [
            seeds.model(
                NODE_MODEL,
                ("upstream", "gpt-5"),
                display_name="GPT-5",
                category="chat",
                owned_by="openrouter",
                capabilities=["chat", "reasoning"],
                reasoning="hidden",
                price={"input": "0", "output": "0", "request": "0.03"},
            ),
            seeds.model(
                PAINTER, ("painter", "sim-task-image"), serves="images", category="image", price={"image": "0.04"}
            ),
            seeds.model("openai/unserved"),
        ],
    }


def begin(seed, **more):
    reply = seed.post("/images/generations", {**IMAGE, **more})
    assert reply.status == 200, reply.body
    return reply.json()


def ended(seed, id):
    for _ in range(120):
        task = seed.get(f"/tasks/{id}").json()
        if task["status"] != "pending":
            return task
        time.sleep(0.25)
    raise AssertionError(f"it never ended: {task}")


def row_004_01_the_base_is_the_origin_and_api_v1(seed):
    assert seed.base == f"{seed.root}/api/v1" and seed.get("/models").status == 200


def row_004_02_keys_are_shown_once(seed):
    made = seed.gateway.manage("POST", "/keys", {"workspace": seed.gateway.workspace, "name": "once"})
    assert made["key"].startswith("sk_live_"), made
    kept = [key for key in seed.gateway.manage("GET", "/keys")["data"] if key["id"] == made["id"]][0]
    assert kept["prefix"] == made["key"][:12] and made["key"] not in str(kept), kept


def row_004_03_models_and_one_that_vanishes(seed):
    told = seed.get("/models").json()
    entry = next(entry for entry in told["data"] if entry["id"] == NODE_MODEL)
    wanted = {
        "object": "model",
        "owned_by": "openrouter",
        "display_name": "GPT-5",
        "category": "chat",
        "capabilities": ["chat", "reasoning"],
    }
    assert told["object"] == "list" and {**entry, **wanted} == entry, entry
    costs = {entry["id"]: entry.get("credit_cost") for entry in told["data"]}
    assert costs == {NODE_MODEL: 3, PAINTER: 4}, costs
    document = catalogue(seed.gateway)["model"][0]
    seed.gateway.apply({"model": [{**document, "enabled": False}]})
    assert NODE_MODEL not in [entry["id"] for entry in seed.get("/models").json()["data"]]
    assert seed.post("/chat/completions", HAIKU).json()["error"]["code"] == "model_not_available"
    seed.gateway.apply({"model": [document]})
    assert seed.get(f"/models/{NODE_MODEL}").status == 200


def row_004_04_the_call_of_chat(seed):
    assert seeds.text_of(seed.post("/chat/completions", HAIKU)) == expect.said("Write a haiku about APIs.")


def row_004_05_what_is_not_registered_reaches_nobody(seed):
    before = seed.gateway.sim_calls()
    reply = seed.chat("openai/gpt-unheard-of", "x")
    error = reply.json()["error"]
    assert reply.status == 404 and error["type"] == error["code"] == "model_not_available", reply.body
    assert seed.gateway.sim_calls() == before


def row_004_06_an_image_is_pending_at_once(seed):
    task = begin(seed)
    wanted = {"created", "data", "task_id", "provider_task_id", "status", "model"}
    assert wanted <= set(task) and (task["data"], task["status"], task["model"]) == ([], "pending", PAINTER), task
    assert (
        isinstance(task["created"], int) and task["task_id"] and task["provider_task_id"] not in ("", task["task_id"])
    ), task


def row_004_07_a_task_ends_and_its_picture_is_there(seed):
    task = ended(seed, begin(seed)["task_id"])
    assert task["status"] == "succeeded" and len(task["data"]) == 1, task
    with urllib.request.urlopen(task["data"][0]["url"], timeout=10) as fetched:
        assert fetched.read().startswith(b"\x89PNG")
    before = seed.gateway.balance_micro_usd()
    failed = ended(seed, begin(seed, prompt="no [[sim: task_fail=no polls=0]]")["task_id"])
    assert failed["status"] == "failed" and seed.gateway.balance_micro_usd()[0] == before[0], failed


def row_004_08_a_call_costs_what_the_registry_says(seed):
    reply = seed.post("/chat/completions", HAIKU)
    cost = seed.get(f"/models/{NODE_MODEL}").json()["credit_cost"]
    # A credit is a cent.
    assert seed.gateway.row(reply.headers["x-request-id"])["charge_nano_usd"] == cost * 10_000_000 == 30_000_000
    before = seed.gateway.balance_micro_usd()[0]
    ended(seed, begin(seed)["task_id"])
    assert (
        before - seed.gateway.balance_micro_usd()[0] == seed.get(f"/models/{PAINTER}").json()["credit_cost"] * 10_000
    )


def row_004_09_too_little_balance_reaches_nobody(seed):
    key, before = seed.poor(), seed.gateway.sim_calls()
    for path, body in (("/chat/completions", HAIKU), ("/images/generations", IMAGE)):
        reply = seed.post(path, body, key=key)
        assert reply.status == 402 and reply.json()["error"]["code"] == "insufficient_credits", reply.body
    assert seed.gateway.sim_calls() == before


def row_004_10_a_keys_own_rate_is_held(seed):
    made = seed.customer("two a minute", "5.00", None, requests_per_minute=2)
    statuses = [seed.post("/chat/completions", HAIKU, key=made["key"]).status for _ in range(2)]
    reply = seed.post("/chat/completions", HAIKU, key=made["key"])
    assert statuses == [200, 200] and reply.status == 429, (statuses, reply.status)
    assert "2 requests per minute of this API key" in reply.json()["error"]["message"], reply.body
    assert 0 < int(reply.headers["retry-after"]) <= 60, reply.headers
    # Another key of the account has a rate of its own.
    other = seed.gateway.manage("POST", "/keys", {"workspace": made["workspace"], "name": "another"})
    assert seed.post("/chat/completions", HAIKU, key=other["key"]).status == 200


def row_004_12_the_api_can_be_switched_off(seed):
    made = seed.customer("switched off", "5.00")
    for path, key in ((f"/workspaces/{made['workspace']}", made["key"]), ("/platform", seed.key)):
        switch = lambda off: {"rules": {"api_off": off}} if "workspaces" in path else {"api_off": off}
        seed.gateway.manage("PATCH", path, switch(True))
        reply = seed.post("/chat/completions", HAIKU, key=key)
        seed.gateway.manage("PATCH", path, switch(False))
        error = reply.json()["error"]
        assert (reply.status, error["code"], error["type"]) == (403, "api_disabled", "api_disabled"), reply.body
        assert seed.post("/chat/completions", HAIKU, key=key).status == 200


def row_004_11_all_of_its_nine_codes(seed):
    off = seed.customer("off", "5.00", {"api_off": True})["key"]
    no_model = {key: value for key, value in HAIKU.items() if key != "model"}
    for code, status, reply in [
        ("invalid_api_key", 401, seed.get("/models", key="sk_live_wrong")),
        ("model_required", 400, seed.post("/chat/completions", no_model)),
        ("model_not_available", 404, seed.chat("nobody", "x")),
        ("messages_required", 400, seed.post("/chat/completions", {"model": NODE_MODEL})),
        ("prompt_required", 400, seed.post("/images/generations", {"model": PAINTER})),
        ("insufficient_credits", 402, seed.post("/chat/completions", HAIKU, key=seed.poor("poor-2"))),
        ("provider_not_configured", 503, seed.chat("openai/unserved", "x")),
        ("api_disabled", 403, seed.chat(NODE_MODEL, "x", key=off)),
        ("provider_error", 502, seed.chat(NODE_MODEL, "x [[sim: status=500]]")),
    ]:
        error = reply.json()["error"]
        assert (reply.status, error["code"], error["type"]) == (status, code, code), (code, reply.status, reply.body)
        assert set(error) == {"message", "type", "code"} and error["message"], error


def row_004_13_requests_are_logged_and_video_is_404(seed):
    reply = seed.post("/chat/completions", HAIKU)
    row = seed.gateway.row(reply.headers["x-request-id"])
    assert (row["model"], row["status"]) == (NODE_MODEL, 200) and row["key"] and row["latency_ms"] >= 0, row
    assert row["charge_nano_usd"] == 30_000_000, row
    for path in ("/videos", "/videos/generations", "/video/generations", "/music/generations", "/audio/speech"):
        reply = seed.post(path, {"model": NODE_MODEL, "prompt": "x"})
        assert reply.status == 404 and reply.json()["error"]["code"] == "not_found", (path, reply.body)
