"""The official Python SDK of OpenAI against a server that completes, embeds and paints.

In: a base URL (with /v1), a key, a model. Out: checks. Never here: conversations.
"""

import base64
import io
import math
import time
import urllib.error
import urllib.request

import openai

import expect


def client(base_url, key):
    return openai.OpenAI(base_url=base_url, api_key=key, timeout=30, max_retries=0)


def raises(kind, call, **request):
    try:
        call(**request)
    except openai.APIStatusError as why:
        assert type(why) is kind, f"{type(why)}: {why}"
        assert "sim-upstream" not in str(why), f"an upstream's words reached the client: {why}"
        return
    raise AssertionError(f"expected {kind}")


def completion(base_url, key, model):
    create = client(base_url, key).completions.create
    answer = create(model=model, prompt="hello", max_tokens=50)
    assert answer.choices[0].text == expect.said("hello") and answer.choices[0].finish_reason == "stop", answer
    assert answer.usage.prompt_tokens == expect.tokens("hello"), answer.usage
    assert answer.usage.completion_tokens == expect.tokens(expect.said("hello")), answer.usage
    short = create(model=model, prompt="go [[sim: tokens=50]]", max_tokens=7)
    assert short.choices[0].finish_reason == "length" and short.usage.completion_tokens == 7, short


def completion_stream(base_url, key, model):
    options = {"include_usage": True}
    request = {"model": model, "prompt": "hello", "max_tokens": 50, "stream": True, "stream_options": options}
    events = list(client(base_url, key).completions.create(**request))
    said = "".join(event.choices[0].text for event in events if event.choices)
    assert said == expect.said("hello"), said
    assert events[-1].choices == [] and events[-1].usage.prompt_tokens == expect.tokens("hello"), events[-1]


def completion_kinds(base_url, key, model):
    """Several prompts, numbers for prompts, the prompt repeated, chances of tokens."""
    create = client(base_url, key).completions.create
    both = create(model=model, prompt=["a", "b"], n=2, max_tokens=50)
    assert [choice.text for choice in both.choices] == [expect.said("a")] * 2 + [expect.said("b")] * 2, both
    assert create(model=model, prompt=[1, 2, 3], max_tokens=50).usage.prompt_tokens == 3
    echo = create(model=model, prompt="hello", echo=True, logprobs=1, suffix="end", max_tokens=50).choices[0]
    assert echo.text == "hello" + expect.said("hello"), echo
    assert "".join(echo.logprobs.tokens) == echo.text and len(echo.logprobs.text_offset) > 1, echo


def completion_errors(base_url, key, model):
    create = client(base_url, key).completions.create
    raises(openai.NotFoundError, create, model="nobody-has-this", prompt="hi")
    raises(openai.BadRequestError, create, model=model, prompt=[{}])
    raises(openai.AuthenticationError, client(base_url, "sk-wrong").completions.create, model=model, prompt="hi")


def embedding(base_url, key, model):
    """The SDK asks for bytes unless told otherwise; the numbers are the same."""
    create = client(base_url, key).embeddings.create
    answer = create(model=model, input=["hello", "world"], dimensions=8)
    assert [entry.index for entry in answer.data] == [0, 1], answer
    assert all(math.isclose(sum(x * x for x in entry.embedding), 1, abs_tol=1e-5) for entry in answer.data), answer
    assert answer.usage.prompt_tokens == expect.tokens("hello", "world") == answer.usage.total_tokens, answer.usage
    plain = create(model=model, input="hello", dimensions=8, encoding_format="float").data[0].embedding
    pairs = zip(plain, answer.data[0].embedding, strict=True)
    assert all(math.isclose(one, other, abs_tol=1e-6) for one, other in pairs), plain
    assert len(create(model=model, input="hello").data[0].embedding) == 1536


def embedding_of_numbers(base_url, key, model):
    create = client(base_url, key).embeddings.create
    answer = create(model=model, input=[[1, 2], [3]], dimensions=4)
    assert len(answer.data) == 2 and answer.usage.prompt_tokens == 3, answer
    assert len(create(model=model, input=[1, 2], dimensions=4).data) == 1


def embedding_errors(base_url, key, model):
    create = client(base_url, key).embeddings.create
    raises(openai.BadRequestError, create, model=model, input="")
    raises(openai.BadRequestError, create, model=model, input="hi", extra_body={"robot": 1})
    raises(openai.NotFoundError, create, model="nobody-has-this", input="hi")


def picture(base_url, key, model):
    answer = client(base_url, key).images.generate(model=model, prompt="a fox", n=2, size="1024x1024")
    assert len(answer.data) == 2, answer
    assert all(base64.b64decode(one.b64_json).startswith(b"\x89PNG") for one in answer.data), answer
    assert answer.usage.input_tokens == expect.tokens("a fox") and answer.usage.output_tokens == 200, answer.usage


def picture_address(base_url, key, model):
    answer = client(base_url, key).images.generate(model=model, prompt="a fox", response_format="url")
    with urllib.request.urlopen(answer.data[0].url, timeout=10) as fetched:
        assert fetched.read().startswith(b"\x89PNG"), answer


def picture_changed(base_url, key, model):
    files = [("a.png", io.BytesIO(expect.PNG), "image/png")] * 2
    for image in (files[0], files):
        answer = client(base_url, key).images.edit(model=model, image=image, prompt="redder")
        assert base64.b64decode(answer.data[0].b64_json).startswith(b"\x89PNG"), answer
        assert answer.usage.input_tokens_details.image_tokens % 85 == 0, answer.usage


def picture_stream(base_url, key, model):
    request = {"model": model, "prompt": "a fox", "stream": True, "partial_images": 2}
    events = list(client(base_url, key).images.generate(**request))
    kinds = [event.type for event in events]
    assert kinds == ["image_generation.partial_image"] * 2 + ["image_generation.completed"], kinds
    assert events[-1].usage.output_tokens == 100, events[-1]


def picture_errors(base_url, key, model):
    generate = client(base_url, key).images.generate
    raises(openai.BadRequestError, generate, model=model, prompt="a fox", n=11)
    raises(openai.BadRequestError, generate, model=model, prompt="no [[sim: refuse]]")
    raises(openai.NotFoundError, generate, model="nobody-has-this", prompt="a fox")


def picture_once(base_url, key, model):
    """A model that makes one picture at a time, and tells it by its bytes."""
    generate = client(base_url, key).images.generate
    answer = generate(model=model, prompt="a fox", size="1536x1024")
    assert base64.b64decode(answer.data[0].b64_json).startswith(b"\x89PNG"), answer
    assert answer.usage.input_tokens == expect.tokens("a fox") and answer.usage.output_tokens == 1290, answer.usage
    raises(openai.BadRequestError, generate, model=model, prompt="a fox", n=2)
    raises(openai.BadRequestError, generate, model=model, prompt="no [[sim: refuse]]")
    image = ("a.png", io.BytesIO(expect.PNG), "image/png")
    raises(openai.BadRequestError, client(base_url, key).images.edit, model=model, image=image, prompt="redder")


def ended(api, task_id):
    """A task's end, as anybody polls for it."""
    for _ in range(120):
        task = api.get(f"/tasks/{task_id}", cast_to=object)
        if task["status"] != "pending":
            return task
        time.sleep(0.25)
    raise AssertionError(f"it never ended: {task}")


def picture_later(base_url, key, model):
    """A model that paints in its own time: a task at once, pictures at addresses of ours later."""
    api = client(base_url, key)
    begun = api.images.generate(model=model, prompt="a fox", n=2, size="1024x1024")
    assert begun.data == [] and begun.status == "pending" and begun.model == model, begun
    assert begun.task_id.startswith("task_") and begun.provider_task_id.startswith("ptask_"), begun
    task = ended(api, begun.task_id)
    assert task["status"] == "succeeded" and len(task["data"]) == 2, task
    for one in task["data"]:
        assert one["url"].startswith(base_url), one
        with urllib.request.urlopen(one["url"], timeout=10) as fetched:
            assert fetched.headers["content-type"] == "image/png" and fetched.read().startswith(b"\x89PNG"), one
        try:
            urllib.request.urlopen(one["url"].replace("signature=", "signature=A"), timeout=10)
            raise AssertionError("a link that nobody signed was good")
        except urllib.error.HTTPError as why:
            assert why.code in (403, 404), why
    failed = ended(api, api.images.generate(model=model, prompt="no [[sim: task_fail=no polls=0]]").task_id)
    assert failed["status"] == "failed" and failed["data"] == [] and failed["error"]["code"] == "task_failed", failed
    raises(openai.NotFoundError, lambda: api.get("/tasks/task_01m8m9fht2et2tn478vh923gxy", cast_to=object))


COMPLETIONS = [completion, completion_stream, completion_kinds, completion_errors]
EMBEDDINGS = [embedding, embedding_of_numbers, embedding_errors]
IMAGES = [picture, picture_address, picture_changed, picture_stream, picture_errors]
IMAGES_ONCE = [picture_once]
IMAGES_LATER = [picture_later]
