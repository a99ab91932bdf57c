"""The official Python SDK of Anthropic against a server that speaks its language.

In: TOLLGATE_ANTHROPIC_BASE_URL (without /v1), TOLLGATE_API_KEY, TOLLGATE_MODELS. Out: checks.
Never here: other dialects.
"""

import json
import os
import uuid

import anthropic

import expect

TOOL = {
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["title", "days"],
    "additionalProperties": False,
}


def client(**more):
    settings = {
        "base_url": os.environ["TOLLGATE_ANTHROPIC_BASE_URL"],
        "api_key": os.environ["TOLLGATE_API_KEY"],
        **more,
    }
    return anthropic.Anthropic(max_retries=settings.pop("max_retries", 0), timeout=30, **settings)


def user(text):
    return [{"role": "user", "content": text}]


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def chat(model):
    answer = client().messages.create(
        model=model, max_tokens=100, system="Be brief.", messages=user("hello 日本 🦊")
    )
    assert text_of(answer) == expect.said("hello 日本 🦊"), answer
    assert answer.stop_reason == "end_turn" and expect.is_model(answer.model, model), answer
    assert answer.usage.input_tokens == expect.tokens("Be brief.", "hello 日本 🦊"), answer.usage
    assert answer.usage.output_tokens == expect.tokens(text_of(answer)), answer.usage
    bearer = anthropic.Anthropic(
        base_url=os.environ["TOLLGATE_ANTHROPIC_BASE_URL"], auth_token=os.environ["TOLLGATE_API_KEY"], api_key=None
    )
    assert bearer.messages.create(model=model, max_tokens=10, messages=user("hi")).usage.input_tokens == 1


def limits(model):
    text = "go [[sim: tokens=50]]"
    answer = client().messages.create(model=model, max_tokens=20, messages=user(text))
    assert answer.stop_reason == "max_tokens" and answer.usage.output_tokens == 20, answer
    answer = client().messages.create(model=model, max_tokens=99, messages=user(text), stop_sequences=["saw"])
    assert text_of(answer) == "the fox ran far and ", answer
    # OpenAI's language does not tell a stop sequence from an end.
    assert answer.stop_reason in ("stop_sequence", "end_turn")


def versions(model):
    """The SDK speaks 2026-10-21; older clients speak 2023-06-01, which still has sampling."""
    old = client(default_headers={"anthropic-version": "2023-06-01"})
    request = {"model": model, "max_tokens": 50, "messages": user("hi")}
    assert text_of(old.messages.create(**request, extra_body={"temperature": 0.5})) == expect.said("hi")
    assert text_of(client().messages.create(**request)) == expect.said("hi")


def stream(model):
    with client().messages.stream(model=model, max_tokens=50, messages=user("hi")) as run:
        text = "".join(run.text_stream)
        final = run.get_final_message()
    assert text == expect.said("hi") == text_of(final)
    assert final.usage.input_tokens == expect.tokens("hi"), final.usage
    assert final.usage.output_tokens == expect.tokens(text), final.usage
    events = list(client().messages.create(model=model, max_tokens=50, messages=user("hi"), stream=True))
    kinds = [e.type for e in events if e.type not in ("ping", "content_block_delta")]
    wanted = ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]
    assert kinds == wanted, kinds


def tool_loop(model):
    messages = user("the weather? [[sim: call=get_weather,get_weather]]")
    first = client().messages.create(model=model, max_tokens=500, messages=messages, tools=[TOOL])
    calls = [block for block in first.content if block.type == "tool_use"]
    assert first.stop_reason == "tool_use" and len(calls) == 2, first
    assert calls[0].input == {"city": "sim", "unit": "celsius"} and calls[0].id != calls[1].id
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": f"{n + 11} C"} for n, call in enumerate(calls)
    ]
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    second = client().messages.create(model=model, max_tokens=500, messages=messages, tools=[TOOL])
    assert text_of(second) == "The tool answered: 11 C. The tool answered: 12 C.", second
    choice = {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True}
    with client().messages.stream(
        model=model, max_tokens=500, messages=user("hi"), tools=[TOOL], tool_choice=choice
    ) as run:
        third = run.get_final_message()
    assert third.content[-1].type == "tool_use" and third.stop_reason == "tool_use", third
    assert third.content[-1].input == {"city": "sim", "unit": "celsius"}


def image(model):
    source = {"type": "base64", "media_type": "image/png", "data": expect.PNG_BASE64}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "look"}]
    answer = client().messages.create(model=model, max_tokens=100, messages=[{"role": "user", "content": content}])
    assert expect.IMAGE_WORDS in text_of(answer), answer
    assert answer.usage.input_tokens == expect.tokens("look", images=1)


def structured(model):
    output = {"format": {"type": "json_schema", "schema": SCHEMA}}
    answer = client().messages.create(model=model, max_tokens=200, messages=user("plan"), output_config=output)
    assert json.loads(text_of(answer)) == {"title": "sim", "days": 1}, answer


def thinking(model):
    settings = {"model": model, "max_tokens": 4000, "tools": [TOOL]}
    settings["thinking"] = {"type": "enabled", "budget_tokens": 2000}
    with client().messages.stream(messages=user("the weather?"), **settings) as run:
        first = run.get_final_message()
    call = first.content[-1]
    assert call.type == "tool_use", first
    if "anthropic" in model:
        assert first.content[0].type == "thinking" and first.content[0].signature, first
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "12 C"}
    turns = [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client().messages.create(messages=user("the weather?") + turns, **settings)
    assert text_of(second) == "The tool answered: 12 C.", second


def caching(model):
    mark = {"type": "ephemeral"}
    system = [{"type": "text", "text": f"{uuid.uuid4().hex} long " * 40, "cache_control": mark}]
    request = {"model": model, "max_tokens": 50, "system": system, "messages": user("hi")}
    usages = [client().messages.create(**request).usage for _ in range(2)]
    prefix = expect.tokens(system[0]["text"])
    totals = [
        u.input_tokens + (u.cache_read_input_tokens or 0) + (u.cache_creation_input_tokens or 0) for u in usages
    ]
    assert totals == [expect.tokens(system[0]["text"], "hi")] * 2, usages
    if "anthropic" in model:
        assert usages[0].cache_creation_input_tokens == prefix, usages
        assert usages[1].cache_read_input_tokens == prefix, usages


def models(model):
    assert model in [entry.id for entry in client().models.list()]
    assert client().models.retrieve(model).id == model


def raises(kind, status, **request):
    key = request.pop("key", os.environ["TOLLGATE_API_KEY"])
    try:
        client(api_key=key).messages.create(**{"max_tokens": 50, **request})
    except anthropic.APIStatusError as why:
        assert type(why) is kind, f"{type(why)}: {why}"
        assert why.status_code == status, why
        assert why.request_id, "no request-id"
        assert "sim-upstream" not in str(why), f"an upstream's words reached the client: {why}"
        return why
    raise AssertionError(f"expected {kind}")


def errors(model):
    raises(anthropic.AuthenticationError, 401, key="sk-wrong", model=model, messages=user("hi"))
    raises(anthropic.NotFoundError, 404, model="nobody-has-this", messages=user("hi"))
    raises(anthropic.BadRequestError, 400, model=model, messages=[])
    raises(anthropic.BadRequestError, 400, model=model, messages=[{"role": "robot", "content": "hi"}])


def no_credit(model):
    """402 as the SDK tells it."""
    raises(anthropic.PaymentRequiredError, 402, key=os.environ["TOLLGATE_POOR_KEY"], model=model, messages=user("hi"))


def retries(model):
    text = f"hi [[sim: status=529 retry_after=0 times=1 id={uuid.uuid4().hex}]]"
    answer = client(max_retries=2).messages.create(model=model, max_tokens=100, messages=user(text))
    assert text_of(answer) == expect.said("hi")


def cut(model):
    text = "hi [[sim: tokens=60 cut_after=5]]"
    seen = []
    try:
        for event in client().messages.create(model=model, max_tokens=100, messages=user(text), stream=True):
            seen.append(event)
    except Exception as why:  # noqa: BLE001 - a broken connection or an error event, never a normal end
        assert seen, why
        return
    raise AssertionError("a cut stream ended like a whole one")


SCENARIOS = [
    chat, limits, versions, stream, tool_loop, image, structured, thinking, caching, models, errors,
    no_credit, retries, cut,
]
# What a provider by itself has no account for.
NOT_WITHOUT_GATEWAY = [no_credit]
