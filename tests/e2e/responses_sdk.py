"""The official Python SDK of OpenAI against a server that speaks Responses.

In: a base URL (with /v1), a key, a model. Out: checks. Never here: Chat Completions, other dialects.
"""

import json
import os
import uuid

import openai
from pydantic import BaseModel

import cases
import expect

TOOL = {
    "type": "function", "name": cases.WEATHER_NAME, "description": cases.WEATHER_TOLD, "parameters": cases.WEATHER,
    "strict": True,
}
SEALED = {"store": False, "include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low", "summary": "auto"}}


class Plan(BaseModel):
    title: str
    steps: list[str]
    days: int


def client(base_url, key):
    return openai.OpenAI(base_url=base_url, api_key=key, timeout=30, max_retries=0)


def outputs(answer, texts):
    """The items after calls of tools: what the model said, and the results."""
    calls = [item for item in answer.output if item.type in ("function_call", "custom_tool_call")]
    results = [
        {"type": f"{call.type}_output", "call_id": call.call_id, "output": text}
        for call, text in zip(calls, texts, strict=True)
    ]
    return [*answer.output, *results]


def text(base_url, key, model):
    said = "hello 日本 🦊"
    answer = client(base_url, key).responses.create(model=model, input=said, instructions="Be brief.")
    assert answer.output_text == expect.said(said), answer
    assert answer.status == "completed" and expect.is_model(answer.model, model), answer
    assert answer.usage.input_tokens == expect.tokens("Be brief.", said), answer.usage
    assert answer.usage.output_tokens == expect.tokens(answer.output_text), answer.usage
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens, answer.usage


def history(base_url, key, model):
    turns = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "one"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "two"}]},
        {"role": "user", "content": "three"},
    ]
    answer = client(base_url, key).responses.create(model=model, input=turns)
    assert answer.output_text == expect.said("three"), answer
    assert answer.usage.input_tokens == expect.tokens("Be brief.", "one", "two", "three"), answer.usage


def limit(base_url, key, model):
    answer = client(base_url, key).responses.create(model=model, input=cases.FIFTY_TOKENS, max_output_tokens=20)
    assert answer.status == "incomplete" and answer.incomplete_details.reason == "max_output_tokens", answer
    assert answer.usage.output_tokens == 20, answer.usage


def stream(base_url, key, model):
    with client(base_url, key).responses.stream(model=model, input="hi") as run:
        events = list(run)
        final = run.get_final_response()
    assert final.output_text == expect.said("hi") and final.usage.input_tokens == expect.tokens("hi"), final
    assert events[-1].type == "response.completed", events[-1]
    events = list(client(base_url, key).responses.create(model=model, input="hi", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events))), events
    kinds = [event.type.removeprefix("response.") for event in events if not event.type.endswith(".delta")]
    wanted = ["created", "in_progress", "output_item.added", "content_part.added", "output_text.done"]
    assert kinds == [*wanted, "content_part.done", "output_item.done", "completed"], kinds
    said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert said == expect.said("hi"), said
    assert events[-1].response.output[0].id == events[2].item.id, events


def tool_loop(base_url, key, model):
    create = client(base_url, key).responses.create
    asked = [{"role": "user", "content": f"the weather? [[sim: call={cases.WEATHER_NAME},{cases.WEATHER_NAME}]]"}]
    first = create(model=model, input=asked, tools=[TOOL])
    calls = [item for item in first.output if item.type == "function_call"]
    assert len(calls) == 2 and calls[0].call_id != calls[1].call_id, first
    assert all(json.loads(call.arguments) == cases.WEATHER_ASKED for call in calls), first
    second = create(model=model, input=asked + outputs(first, ["11 C", "12 C"]), tools=[TOOL])
    assert second.output_text == "The tool answered: 11 C. The tool answered: 12 C.", second
    forced = {"type": "function", "name": cases.WEATHER_NAME}
    third = create(model=model, input="hi", tools=[TOOL], tool_choice=forced)
    assert [item.name for item in third.output if item.type == "function_call"] == [cases.WEATHER_NAME], third


def streamed_tools(base_url, key, model):
    with client(base_url, key).responses.stream(model=model, input="the weather?", tools=[TOOL]) as run:
        events = list(run)
        final = run.get_final_response()
    call = next(item for item in final.output if item.type == "function_call")
    assert json.loads(call.arguments) == cases.WEATHER_ASKED, call
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert [event.arguments for event in done] == [call.arguments], done


def custom_tool(base_url, key, model):
    tool = {"type": "custom", "name": "patch", "description": "Takes a patch."}
    asked = [{"role": "user", "content": "the patch? [[sim: call=patch]]"}]
    first = client(base_url, key).responses.create(model=model, input=asked, tools=[tool])
    call = next(item for item in first.output if item.type == "custom_tool_call")
    assert (call.name, call.input) == ("patch", "sim"), first
    second = client(base_url, key).responses.create(model=model, input=asked + outputs(first, ["done"]), tools=[tool])
    assert second.output_text == "The tool answered: done.", second


def structured(base_url, key, model):
    answer = client(base_url, key).responses.parse(model=model, input="plan", text_format=Plan)
    assert answer.output_parsed == Plan(title="sim", steps=["sim"], days=1), answer
    with client(base_url, key).responses.stream(model=model, input="plan", text_format=Plan) as run:
        run.until_done()
        assert run.get_final_response().output_parsed == Plan(title="sim", steps=["sim"], days=1)


def reasoning(base_url, key, model):
    """A loop in which what the model thought goes back as it came."""
    asked = [{"role": "user", "content": "the weather?"}]
    create = client(base_url, key).responses.create
    first = create(model=model, input=asked, tools=[TOOL], **SEALED)
    assert first.usage.output_tokens_details.reasoning_tokens > 0, first.usage
    thought = first.output[0]
    assert thought.type == "reasoning" and thought.encrypted_content and thought.summary[0].text, first
    second = create(model=model, input=asked + outputs(first, ["12 C"]), tools=[TOOL], **SEALED)
    assert second.output_text == "The tool answered: 12 C.", second
    with client(base_url, key).responses.stream(model=model, input="hi", **SEALED) as run:
        kinds = {event.type for event in run}
    assert "response.reasoning_summary_text.delta" in kinds, kinds


def raw_reasoning(base_url, key, model):
    """Open models tell the reasoning itself."""
    with client(base_url, key).responses.stream(model=model, input="hi [[sim: think=9 raw]]") as run:
        told = "".join(event.delta for event in run if event.type == "response.reasoning_text.delta")
        final = run.get_final_response()
    assert expect.tokens(told) == 9 and final.output[0].content[0].text == told, final


def retries(base_url, key, model):
    api = client(base_url, key).with_options(max_retries=2)
    asked = f"hi [[sim: status=503 retry_after=0 times=1 id={uuid.uuid4().hex}]]"
    assert api.responses.create(model=model, input=asked).output_text == expect.said("hi")


def forged(base_url, key, model):
    """Thoughts that the provider never had are refused."""
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAABmade-up"}
    turns = [{"role": "user", "content": "one"}, thought, {"role": "assistant", "content": "two"}]
    raises(openai.BadRequestError, 400, base_url, key, model=model, input=[*turns, {"role": "user", "content": "hi"}])


def refusal(base_url, key, model):
    answer = client(base_url, key).responses.create(model=model, input="no [[sim: refuse]]")
    part = answer.output[-1].content[0]
    assert "cannot help" in (part.refusal if part.type == "refusal" else part.text), answer


def image(base_url, key, model):
    url = f"data:image/png;base64,{expect.PNG_BASE64}"
    content = [{"type": "input_text", "text": "look"}, {"type": "input_image", "image_url": url, "detail": "auto"}]
    answer = client(base_url, key).responses.create(model=model, input=[{"role": "user", "content": content}])
    assert expect.IMAGE_WORDS in answer.output_text, answer
    assert answer.usage.input_tokens == expect.tokens("look", images=1), answer.usage


def count(base_url, key, model):
    counted = client(base_url, key).responses.input_tokens.count(model=model, input="hello", instructions="Be brief.")
    assert counted.input_tokens == expect.tokens("Be brief.", "hello"), counted


def kept(base_url, key, model):
    """An answer is known again by its id, unless it was not to be kept."""
    create = client(base_url, key).responses.create
    first = create(model=model, input="one")
    second = create(model=model, input="three", previous_response_id=first.id)
    assert second.usage.input_tokens == expect.tokens("one", first.output_text, "three"), second.usage
    unkept = create(model=model, input="one", store=False)
    try:
        create(model=model, input="three", previous_response_id=unkept.id)
    except openai.BadRequestError as why:
        assert why.code == "previous_response_not_found", why
        return
    raise AssertionError("an answer was kept against the client's word")


def raises(kind, status, base_url, key, **request):
    try:
        client(base_url, key).responses.create(**request)
    except openai.APIStatusError as why:
        assert type(why) is kind, f"{type(why)}: {why}"
        assert why.status_code == status and why.request_id, why
        assert "sim-upstream" not in str(why), f"an upstream's words reached the client: {why}"
        return
    raise AssertionError(f"expected {kind}")


def errors(base_url, key, model):
    raises(openai.AuthenticationError, 401, base_url, "sk-wrong", model=model, input="hi")
    raises(openai.NotFoundError, 404, base_url, key, model="nobody-has-this", input="hi")
    bad = {"model": model, "input": "hi"}
    raises(openai.BadRequestError, 400, base_url, key, **bad, extra_body={"stop": ["x"]})
    raises(openai.BadRequestError, 400, base_url, key, **{**bad, "input": [{"type": "robot"}]})
    lone = [{"type": "function_call_output", "call_id": "call_9", "output": "x"}]
    raises(openai.BadRequestError, 400, base_url, key, **{**bad, "input": lone})


def failed(base_url, key, model):
    """A failure inside the stream is its last event, or an error of the SDK; never a normal end."""
    kinds = []
    try:
        asked = "hi [[sim: tokens=60 error_event_after=3]]"
        for event in client(base_url, key).responses.create(model=model, input=asked, stream=True):
            kinds.append(event.type)
    except openai.APIError:
        # A gateway asks the next provider as long as nothing was shown.
        assert kinds or os.environ.get("TOLLGATE_TARGET") == "gateway", "it failed before its first event"
        return
    assert kinds[-1] in ("response.failed", "error"), kinds


def cut(base_url, key, model):
    kinds = []
    try:
        asked = "hi [[sim: tokens=60 cut_after=5]]"
        for event in client(base_url, key).responses.create(model=model, input=asked, stream=True):
            kinds.append(event.type)
    except openai.APIError:
        assert kinds, "it broke off before its first event"
        return
    assert kinds[-1] == "response.failed", kinds


SCENARIOS = [
    text, history, limit, stream, tool_loop, streamed_tools, custom_tool, structured, reasoning, raw_reasoning, forged,
    refusal, image, count, kept, errors, retries, failed, cut,
]
