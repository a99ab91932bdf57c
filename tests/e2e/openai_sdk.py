"""The official Python SDK of OpenAI against a server that speaks its language.

In: TOLLGATE_BASE_URL (with /v1), TOLLGATE_API_KEY, TOLLGATE_MODELS. Out: checks. Never here: other dialects.
"""

import json
import os
import uuid

import openai
from pydantic import BaseModel

import expect

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}


class Plan(BaseModel):
    title: str
    steps: list[str]
    days: int


def client(**more):
    settings = {"base_url": os.environ["TOLLGATE_BASE_URL"], "api_key": os.environ["TOLLGATE_API_KEY"], **more}
    return openai.OpenAI(max_retries=settings.pop("max_retries", 0), timeout=30, **settings)


def user(text):
    return [{"role": "user", "content": text}]


def chat(model):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello 日本 🦊"}]
    answer = client().chat.completions.create(model=model, messages=messages, max_tokens=100)
    assert answer.choices[0].message.content == expect.said("hello 日本 🦊"), answer
    assert answer.choices[0].finish_reason == "stop"
    assert expect.is_model(answer.model, model), answer.model
    assert answer.usage.prompt_tokens == expect.tokens("Be brief.", "hello 日本 🦊"), answer.usage
    assert answer.usage.completion_tokens == expect.tokens(answer.choices[0].message.content)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def limits(model):
    text = "go [[sim: tokens=50]]"
    answer = client().chat.completions.create(model=model, messages=user(text), max_completion_tokens=20)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 20, answer.usage
    answer = client().chat.completions.create(model=model, messages=user(text), max_tokens=100, stop=["saw"])
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.content == "the fox ran far and "


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
    assert json.loads(call.function.arguments) == {"city": "sim", "unit": "celsius"}, call
    assert final.choices[0].finish_reason == "tool_calls"


def tool_loop(model):
    messages = user("the weather? [[sim: call=get_weather,get_weather]]")
    api = client()
    first = api.chat.completions.create(model=model, messages=messages, tools=[TOOL], max_tokens=500)
    calls = first.choices[0].message.tool_calls
    assert first.choices[0].finish_reason == "tool_calls" and len(calls) == 2, first
    assert calls[0].id != calls[1].id
    messages.append(first.choices[0].message)
    for number, call in enumerate(calls):
        messages.append({"role": "tool", "tool_call_id": call.id, "content": f"{number + 11} C"})
    second = api.chat.completions.create(model=model, messages=messages, tools=[TOOL], max_tokens=500)
    assert second.choices[0].message.content == "The tool answered: 11 C. The tool answered: 12 C.", second
    forced = {"type": "function", "function": {"name": "get_weather"}}
    third = api.chat.completions.create(
        model=model, messages=user("hi"), tools=[TOOL], tool_choice=forced, parallel_tool_calls=False, max_tokens=500
    )
    assert third.choices[0].message.tool_calls[0].function.name == "get_weather"


def image(model):
    url = f"data:image/png;base64,{expect.PNG_BASE64}"
    content = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": url}}]
    answer = client().chat.completions.create(
        model=model, messages=[{"role": "user", "content": content}], max_tokens=100
    )
    assert expect.IMAGE_WORDS in answer.choices[0].message.content, answer
    assert answer.usage.prompt_tokens == expect.tokens("look", images=1)


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


def models(model):
    assert model in [entry.id for entry in client().models.list()]
    assert client().models.retrieve(model).id == model


def raises(kind, status, **request):
    key = request.pop("key", os.environ["TOLLGATE_API_KEY"])
    try:
        client(api_key=key).chat.completions.create(**{"max_tokens": 50, **request})
    except openai.APIStatusError as why:
        assert type(why) is kind, f"{type(why)}: {why}"
        assert why.status_code == status, why
        assert why.request_id, "no x-request-id"
        assert "sim-upstream" not in str(why), f"an upstream's words reached the client: {why}"
        return why
    raise AssertionError(f"expected {kind}")


def errors(model):
    raises(openai.AuthenticationError, 401, key="sk-wrong", model=model, messages=user("hi"))
    raises(openai.NotFoundError, 404, model="nobody-has-this", messages=user("hi"))
    raises(openai.BadRequestError, 400, model=model, messages=[])
    raises(openai.BadRequestError, 400, model=model, messages=[{"role": "robot", "content": "hi"}])


def no_credit(model):
    """402 as the SDK tells it."""
    raises(openai.APIStatusError, 402, key=os.environ["TOLLGATE_POOR_KEY"], model=model, messages=user("hi"))


def retries(model):
    text = f"hi [[sim: status=503 retry_after=0 times=1 id={uuid.uuid4().hex}]]"
    answer = client(max_retries=2).chat.completions.create(model=model, messages=user(text), max_tokens=100)
    assert answer.choices[0].message.content == expect.said("hi")


def cut(model):
    text = "hi [[sim: tokens=60 cut_after=5]]"
    seen = []
    try:
        for event in client().chat.completions.create(model=model, messages=user(text), max_tokens=100, stream=True):
            seen.append(event)
    except openai.APIError as why:  # an error event or a broken connection as the SDK tells them, never a normal end
        assert seen, why
        return
    raise AssertionError("a cut stream ended like a whole one")


SCENARIOS = [
    chat, limits, sampling, stream, stream_helper, tool_loop, image, structured, thinking, refusal, models,
    errors, no_credit, retries, cut,
]
# What a provider by itself has no account for.
NOT_WITHOUT_GATEWAY = [no_credit]
