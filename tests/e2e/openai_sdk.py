"""The official Python SDK of OpenAI against a server that speaks its language.

In: TOLLGATE_BASE_URL (with /v1), TOLLGATE_API_KEY, TOLLGATE_MODELS. Out: checks.
Never here: other dialects; a case that both languages have (cases.py).
"""

import json
import os

import openai
from pydantic import BaseModel

import cases
import expect
from cases import user

FUNCTION = {"name": cases.WEATHER_NAME, "description": cases.WEATHER_TOLD, "parameters": cases.WEATHER}
TOOL = {"type": "function", "function": FUNCTION}


class Plan(BaseModel):
    title: str
    steps: list[str]
    days: int


def client(**more):
    settings = {
        "base_url": os.environ["TOLLGATE_BASE_URL"],
        "api_key": os.environ["TOLLGATE_API_KEY"],
        "max_retries": 0,
        **more,
    }
    return openai.OpenAI(timeout=30, **settings)


class Chat(cases.Tongue):
    """Chat Completions, as the cases know a language."""

    sdk = openai
    limits = ("max_completion_tokens", "max_tokens")
    ends = {"end": ["stop"], "length": ["length"], "stop": ["stop"], "tools": ["tool_calls"]}
    payment = openai.APIStatusError
    busy = 503
    # An error event or a broken connection as the SDK tells them.
    broken = openai.APIError
    forced = {
        "tool_choice": {"type": "function", "function": {"name": cases.WEATHER_NAME}}, "parallel_tool_calls": False,
    }

    def client(self, **more):
        return client(**more)

    def create(self, client=None, **request):
        return (client or self.client()).chat.completions.create(**request)

    def ask(self, model, messages, system=None, tools=False, **more):
        messages = [*([{"role": "system", "content": system}] if system else []), *messages]
        request = {"model": model, "messages": messages, **more}
        request.update({"tools": [TOOL]} if tools else {})
        if not any(name in request for name in self.limits):
            request["max_tokens"] = 500
        own = self.create(**request)
        message, usage = own.choices[0].message, own.usage
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, usage
        calls = [
            (call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []
        ]
        tokens = (usage.prompt_tokens, usage.completion_tokens)
        return cases.Answer(message.content, own.choices[0].finish_reason, own.model, tokens, calls, own)

    def picture(self, base64, text):
        url = f"data:image/png;base64,{base64}"
        return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]

    def results(self, answer, texts):
        pairs = zip(answer.calls, texts, strict=True)
        results = [{"role": "tool", "tool_call_id": call[0], "content": text} for call, text in pairs]
        return [answer.own.choices[0].message, *results]


def sampling(model):
    """Sampling is dropped or sent where it is understood; it is never a 400 that the client did not earn."""
    for temperature in (0, 0.5, 1, 1.5):
        answer = client().chat.completions.create(
            model=model, messages=user("hi"), temperature=temperature, top_p=0.9, max_tokens=50
        )
        assert answer.choices[0].message.content == expect.said("hi")


def stream(model):
    options = {"include_usage": True}
    events = list(
        client().chat.completions.create(
            model=model, messages=user("hi"), max_tokens=50, stream=True, stream_options=options
        )
    )
    text = "".join(e.choices[0].delta.content or "" for e in events if e.choices)
    assert text == expect.said("hi"), text
    assert events[-1].choices == [] and events[-1].usage.prompt_tokens == expect.tokens("hi")
    assert [e.choices[0].finish_reason for e in events if e.choices][-1] == "stop"
    assert len({e.id for e in events}) == 1
    bare = list(client().chat.completions.create(model=model, messages=user("hi"), max_tokens=50, stream=True))
    assert all(e.choices and e.usage is None for e in bare)


def stream_helper(model):
    with client().chat.completions.stream(model=model, messages=user("the weather?"), tools=[TOOL]) as run:
        for _ in run:
            pass
        final = run.get_final_completion()
    call = final.choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == cases.WEATHER_ASKED, call
    assert final.choices[0].finish_reason == "tool_calls"


def structured(model):
    answer = client().chat.completions.parse(model=model, messages=user("plan"), response_format=Plan, max_tokens=200)
    assert answer.choices[0].message.parsed == Plan(title="sim", steps=["sim"], days=1), answer


def thinking(model):
    answer = client().chat.completions.create(
        model=model, messages=user("hi"), reasoning_effort="low", max_completion_tokens=4000
    )
    assert answer.usage.completion_tokens_details.reasoning_tokens > 0, answer.usage
    assert answer.choices[0].message.content == expect.said("hi")


def refusal(model):
    answer = client().chat.completions.create(model=model, messages=user("no [[sim: refuse]]"), max_tokens=100)
    message = answer.choices[0].message
    assert "cannot help" in (message.refusal or "") + (message.content or ""), answer
    assert answer.choices[0].finish_reason in ("stop", "content_filter")


SCENARIOS = [
    *cases.of(Chat()), sampling, stream, stream_helper, structured, thinking, refusal,
]
