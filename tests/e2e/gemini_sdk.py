"""The official Python SDK of Google (google-genai) against a server that speaks Gemini.

In: a base URL (without the version), a key, a model. Out: checks. Never here: other dialects.
"""

import functools
import math
import os

from google import genai
from google.genai import errors as faults
from google.genai import types
from pydantic import BaseModel

import cases
import expect

DECLARED = types.FunctionDeclaration(
    name=cases.WEATHER_NAME, description=cases.WEATHER_TOLD, parameters_json_schema=cases.WEATHER
)
TOOL = types.Tool(function_declarations=[DECLARED])


class Plan(BaseModel):
    title: str
    steps: list[str]
    days: int


@functools.cache
def client(base_url, key):
    """One for each key: a client of this SDK closes its connections as soon as nobody holds it."""
    return genai.Client(api_key=key, http_options={"base_url": base_url, "timeout": 30_000})


def config(**more):
    return types.GenerateContentConfig(
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), **more
    )


def results(answer, texts):
    """The contents after calls of tools: what the model said, and one content with every result."""
    pairs = zip(answer.function_calls, texts, strict=True)
    parts = [
        types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": text}))
        for call, text in pairs
    ]
    return [answer.candidates[0].content, types.Content(role="user", parts=parts)]


def user(text):
    return types.Content(role="user", parts=[types.Part(text=text)])


def text(base_url, key, model):
    said = "hello 日本 🦊"
    generate = client(base_url, key).models.generate_content
    answer = generate(model=model, contents=said, config=config(system_instruction="Be brief."))
    assert answer.text == expect.said(said) and answer.model_version.startswith(model), answer
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP and answer.response_id, answer
    usage = answer.usage_metadata
    assert usage.prompt_token_count == expect.tokens("Be brief.", said), usage
    assert usage.candidates_token_count == expect.tokens(answer.text), usage
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count, usage


def limits(base_url, key, model):
    generate = client(base_url, key).models.generate_content
    short = generate(model=model, contents=cases.FIFTY_TOKENS, config=config(max_output_tokens=20))
    assert short.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS, short
    assert short.usage_metadata.candidates_token_count == 20, short
    stopped = generate(model=model, contents=cases.FIFTY_TOKENS, config=config(stop_sequences=["saw"]))
    assert stopped.text == cases.BEFORE_SAW, stopped


def stream(base_url, key, model):
    chunks = list(client(base_url, key).models.generate_content_stream(model=model, contents="hi [[sim: tokens=50]]"))
    said = "".join(chunk.text or "" for chunk in chunks)
    assert expect.tokens(said) == 50 and len(chunks) > 2, chunks
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP, chunks[-1]
    assert chunks[-1].usage_metadata.candidates_token_count == 50, chunks[-1]
    assert len({chunk.response_id for chunk in chunks}) == 1, chunks


def tool_loop(base_url, key, model):
    generate = client(base_url, key).models.generate_content
    asked = [user(f"the weather? [[sim: call={cases.WEATHER_NAME},{cases.WEATHER_NAME}]]")]
    first = generate(model=model, contents=asked, config=config(tools=[TOOL]))
    assert [(call.name, call.args) for call in first.function_calls] == [(cases.WEATHER_NAME, cases.WEATHER_ASKED)] * 2
    second = generate(model=model, contents=asked + results(first, ["11 C", "12 C"]), config=config(tools=[TOOL]))
    assert second.text == "The tool answered: 11 C. The tool answered: 12 C.", second
    calling = types.FunctionCallingConfig(mode="ANY", allowed_function_names=[cases.WEATHER_NAME])
    forced = types.ToolConfig(function_calling_config=calling)
    third = generate(model=model, contents="hi", config=config(tools=[TOOL], tool_config=forced))
    assert [call.name for call in third.function_calls] == [cases.WEATHER_NAME], third


def called_by_itself(base_url, key, model):
    """A function of Python: the SDK writes its schema, calls it and answers for it."""

    def get_weather(city: str) -> str:
        """Tells the weather of a city."""
        return f"12 C in {city}"

    chat = client(base_url, key).chats.create(model=model, config={"tools": [get_weather]})
    answer = chat.send_message("the weather?")
    assert answer.text == "The tool answered: 12 C in sim.", answer
    assert chat.send_message("hi").text == expect.said("hi")


def streamed_tools(base_url, key, model):
    calls = client(base_url, key).models.generate_content_stream
    chunks = list(calls(model=model, contents="the weather?", config=config(tools=[TOOL])))
    found = [call for chunk in chunks for call in chunk.function_calls or []]
    assert [(call.name, call.args) for call in found] == [(cases.WEATHER_NAME, cases.WEATHER_ASKED)], chunks


def structured(base_url, key, model):
    generate = client(base_url, key).models.generate_content
    wanted = Plan(title="sim", steps=["sim"], days=1)
    mime = "application/json"
    answer = generate(model=model, contents="plan", config=config(response_mime_type=mime, response_schema=Plan))
    assert answer.parsed == wanted, answer
    schema = Plan.model_json_schema()
    answer = generate(model=model, contents="plan", config=config(response_mime_type=mime, response_json_schema=schema))
    assert Plan.model_validate_json(answer.text) == wanted, answer


def thoughts(base_url, key, model):
    """Thoughts are shown when asked for, counted apart, and go back as they came."""
    thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)
    generate = client(base_url, key).models.generate_content
    asked = [user("the weather?")]
    first = generate(model=model, contents=asked, config=config(tools=[TOOL], thinking_config=thinking))
    parts = first.candidates[0].content.parts
    assert parts[0].thought and parts[0].text, first
    assert any(part.function_call and part.thought_signature for part in parts), first
    usage = first.usage_metadata
    assert usage.thoughts_token_count > 0, usage
    parted = usage.prompt_token_count + usage.candidates_token_count + usage.thoughts_token_count
    assert usage.total_token_count == parted, usage
    second = generate(
        model=model, contents=asked + results(first, ["12 C"]), config=config(tools=[TOOL], thinking_config=thinking)
    )
    assert second.text == "The tool answered: 12 C.", second


def image(base_url, key, model):
    parts = [types.Part(text="look"), types.Part.from_bytes(data=expect.PNG, mime_type="image/png")]
    answer = client(base_url, key).models.generate_content(model=model, contents=parts)
    assert expect.IMAGE_WORDS in answer.text, answer
    assert answer.usage_metadata.prompt_token_count == expect.tokens("look", images=1), answer


def count(base_url, key, model):
    counted = client(base_url, key).models.count_tokens(model=model, contents="hello there")
    assert counted.total_tokens == expect.tokens("hello there"), counted


def blocked(base_url, key, model):
    answer = client(base_url, key).models.generate_content(model=model, contents="x [[sim: block=SAFETY]]")
    assert not answer.candidates and answer.prompt_feedback.block_reason == types.BlockedReason.SAFETY, answer


def listed(base_url, key, model):
    names = [entry.name for entry in client(base_url, key).models.list()]
    assert f"models/{model}" in names, names
    assert client(base_url, key).models.get(model=model).name == f"models/{model}"


def raises(kind, code, call, **request):
    try:
        call(**request)
    except faults.APIError as why:
        assert type(why) is kind and why.code == code and why.status, why
        assert "sim-upstream" not in str(why), f"an upstream's words reached the client: {why}"
        return
    raise AssertionError(f"expected {code}")


def errors(base_url, key, model):
    generate = client(base_url, key).models.generate_content
    raises(faults.ClientError, 404, generate, model="nobody-has-this", contents="hi")
    alone = types.Content(
        role="user", parts=[types.Part(function_response=types.FunctionResponse(name="f", response={}))]
    )
    raises(faults.ClientError, 400, generate, model=model, contents=[alone])
    wrong = client(base_url, "sk-wrong").models.generate_content
    try:
        wrong(model=model, contents="hi")
    except faults.ClientError as why:
        assert why.code in (400, 401), why
        return
    raise AssertionError("a wrong key was let in")


def statuses(base_url, key, model):
    """Whatever a provider fails with, it is an exception of the SDK with the status's own class and words."""
    generate = client(base_url, key).models.generate_content
    gateway = os.environ.get("TOLLGATE_TARGET") == "gateway"
    for status, told in cases.TOLD.items():
        try:
            generate(model=model, contents=f"hi [[sim: status={status} retry_after=0]]")
        except faults.APIError as why:
            kind = faults.ClientError if why.code < 500 else faults.ServerError
            assert why.code in (told if gateway else (status,)) and type(why) is kind, f"{status}: {why}"
            assert why.status and why.message and (not gateway or "sim-upstream" not in str(why)), f"{status}: {why}"
            continue
        raise AssertionError(f"a provider's {status} was no error")


def cut(base_url, key, model):
    """A connection that breaks is an error, never a normal end."""
    seen = []
    try:
        asked = "hi [[sim: tokens=60 cut_after=5]]"
        for chunk in client(base_url, key).models.generate_content_stream(model=model, contents=asked):
            seen.append(chunk)
    except Exception:  # noqa: BLE001 - the SDK gives on what its transport raises
        assert seen, "it broke off before its first chunk"
        return
    raise AssertionError("a cut stream ended like a whole one")


def told(base_url, key, model):
    """An error inside the stream is raised as one."""
    asked = "hi [[sim: tokens=60 error_event_after=3]]"
    generate = client(base_url, key).models.generate_content_stream
    try:
        list(generate(model=model, contents=asked))
    except faults.APIError as why:
        assert why.code >= 500, why
        return
    raise AssertionError("a failed stream ended like a whole one")


def signed(base_url, key, model):
    """The model wants the signatures of its calls back; the SDK carries them, and without them it is a 400."""
    generate = client(base_url, key).models.generate_content
    asked = [user("the weather?")]
    first = generate(model=model, contents=asked, config=config(tools=[TOOL]))
    more = results(first, ["12 C"])
    second = generate(model=model, contents=asked + more, config=config(tools=[TOOL]))
    assert second.text == "The tool answered: 12 C.", second
    for part in more[0].parts:
        part.thought_signature = None
    raises(faults.ClientError, 400, generate, model=model, contents=asked + more, config=config(tools=[TOOL]))


def embedding(base_url, key, model):
    settings = types.EmbedContentConfig(output_dimensionality=8)
    embed = client(base_url, key).models.embed_content
    answer = embed(model=model, contents=[user("hello"), user("world")], config=settings)
    assert [len(one.values) for one in answer.embeddings] == [8, 8], answer
    assert math.isclose(sum(x * x for x in answer.embeddings[0].values), 1, abs_tol=1e-5), answer
    again = embed(model=model, contents="hello", config=settings)
    assert again.embeddings[0].values == answer.embeddings[0].values, again


SCENARIOS = [
    text, limits, stream, tool_loop, called_by_itself, streamed_tools, structured, thoughts, image, count, blocked,
    listed, errors, statuses, cut, told,
]
SIGNED = [signed, tool_loop, called_by_itself, streamed_tools]
EMBEDDINGS = [embedding]
