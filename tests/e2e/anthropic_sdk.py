"""The official Python SDK of Anthropic against a server that speaks its language.

In: TOLLGATE_ANTHROPIC_BASE_URL (without /v1), TOLLGATE_API_KEY, TOLLGATE_MODELS. Out: checks.
Never here: other dialects; a case that both languages have (cases.py).
"""

import json
import os
import uuid

import anthropic
import httpx2

import cases
import expect
from cases import user

TOOL = {"name": cases.WEATHER_NAME, "description": cases.WEATHER_TOLD, "input_schema": cases.WEATHER}
FORCED = {"type": "tool", "name": cases.WEATHER_NAME, "disable_parallel_tool_use": True}
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
        "max_retries": 0,
        **more,
    }
    return anthropic.Anthropic(timeout=30, **settings)


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


class Messages(cases.Tongue):
    """Messages, as the cases know a language."""

    sdk = anthropic
    limits = ("max_tokens",)
    # OpenAI's language does not tell a stop sequence from an end.
    ends = {
        "end": ["end_turn"], "length": ["max_tokens"], "stop": ["stop_sequence", "end_turn"], "tools": ["tool_use"],
    }
    payment = anthropic.PaymentRequiredError
    busy = 529
    # An error event, or a broken connection, which this SDK leaves as its transport tells it.
    broken = (anthropic.APIError, httpx2.TransportError)
    forced = {"tool_choice": FORCED}

    def client(self, **more):
        return client(**more)

    def create(self, client=None, **request):
        return (client or self.client()).messages.create(**request)

    def ask(self, model, messages, system=None, tools=False, **more):
        request = {"max_tokens": 500, "model": model, "messages": messages, **more}
        request.update({"system": system} if system else {})
        request.update({"tools": [TOOL]} if tools else {})
        if "stop" in request:
            request["stop_sequences"] = request.pop("stop")
        own = self.create(**request)
        calls = [(block.id, block.name, block.input) for block in own.content if block.type == "tool_use"]
        tokens = (own.usage.input_tokens, own.usage.output_tokens)
        return cases.Answer(text_of(own), own.stop_reason, own.model, tokens, calls, own)

    def picture(self, base64, text):
        source = {"type": "base64", "media_type": "image/png", "data": base64}
        return [{"type": "image", "source": source}, {"type": "text", "text": text}]

    def results(self, answer, texts):
        pairs = zip(answer.calls, texts, strict=True)
        results = [{"type": "tool_result", "tool_use_id": call[0], "content": text} for call, text in pairs]
        return [{"role": "assistant", "content": answer.own.content}, {"role": "user", "content": results}]


def bearer(model):
    """The key as `Authorization: Bearer`."""
    api = client(auth_token=os.environ["TOLLGATE_API_KEY"], api_key=None)
    assert api.messages.create(model=model, max_tokens=10, messages=user("hi")).usage.input_tokens == 1


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


def stream_helper(model):
    with client().messages.stream(
        model=model, max_tokens=500, messages=user("hi"), tools=[TOOL], tool_choice=FORCED
    ) as run:
        final = run.get_final_message()
    assert final.content[-1].type == "tool_use" and final.stop_reason == "tool_use", final
    assert final.content[-1].input == cases.WEATHER_ASKED, final


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


SCENARIOS = [
    *cases.of(Messages()), bearer, versions, stream, stream_helper, structured, thinking, caching,
]
