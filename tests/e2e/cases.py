"""The cases that both languages have, each told once: what is asked, and what must come back.

In: an SDK behind the few words of `Tongue`. Out: scenarios. Never here: an SDK, or a case that only one language has.
"""

import os
import uuid

import expect

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
WEATHER_NAME = "get_weather"
WEATHER_TOLD = "Tells the weather of a city."
# What the simulated providers call the tool with.
WEATHER_ASKED = {"city": "sim", "unit": "celsius"}
FIFTY_TOKENS = "go [[sim: tokens=50]]"
BEFORE_SAW = "the fox ran far and "


class Answer:
    """An answer in no language: its text, why it stopped, tokens, calls as (id, name, arguments), the SDK's own."""

    def __init__(self, text, stop, model, tokens, calls, own):
        self.text, self.stop, self.model, self.calls, self.own = text, stop, model, calls, own
        self.input, self.output = tokens

    def __repr__(self):
        return repr(self.own)


class Tongue:
    """What an SDK's module says of itself; the cases need no more."""

    sdk = None  # The module of the SDK.
    limits = ()  # What the limit of an answer is called.
    ends = {}  # The SDK's words for end, length, stop and tools; `stop` may have several.
    payment = None  # What a 402 is raised as.
    busy = 0  # The status that the SDK tries again.
    broken = None  # What a stream that breaks off is raised as.
    forced = {}  # The one tool, called once.

    def client(self, **more):
        """A client that tries once, unless told otherwise."""
        raise NotImplementedError

    def create(self, **request):
        """One call as the SDK makes it; `client` says how."""
        raise NotImplementedError

    def ask(self, model, messages, system=None, tools=False, **more):
        """One answer."""
        raise NotImplementedError

    def picture(self, base64, text):
        """The content of a message with a PNG."""
        raise NotImplementedError

    def results(self, answer, texts):
        """The turns after calls of tools."""
        raise NotImplementedError


def user(content):
    return [{"role": "user", "content": content}]


def chat(tongue, model):
    text = "hello 日本 🦊"
    answer = tongue.ask(model, user(text), system="Be brief.")
    assert answer.text == expect.said(text), answer
    assert answer.stop in tongue.ends["end"] and expect.is_model(answer.model, model), answer
    assert answer.input == expect.tokens("Be brief.", text), answer
    assert answer.output == expect.tokens(answer.text), answer


def limits(tongue, model):
    for name in tongue.limits:
        answer = tongue.ask(model, user(FIFTY_TOKENS), **{name: 20})
        assert answer.stop in tongue.ends["length"] and answer.output == 20, answer
    answer = tongue.ask(model, user(FIFTY_TOKENS), stop=["saw"])
    assert answer.text == BEFORE_SAW and answer.stop in tongue.ends["stop"], answer


def tool_loop(tongue, model):
    messages = user(f"the weather? [[sim: call={WEATHER_NAME},{WEATHER_NAME}]]")
    first = tongue.ask(model, messages, tools=True)
    assert first.stop in tongue.ends["tools"] and len(first.calls) == 2, first
    assert len({call[0] for call in first.calls}) == 2, first
    assert [call[1:] for call in first.calls] == [(WEATHER_NAME, WEATHER_ASKED)] * 2, first
    second = tongue.ask(model, messages + tongue.results(first, ["11 C", "12 C"]), tools=True)
    assert second.text == "The tool answered: 11 C. The tool answered: 12 C.", second
    third = tongue.ask(model, user("hi"), tools=True, **tongue.forced)
    assert [call[1:] for call in third.calls] == [(WEATHER_NAME, WEATHER_ASKED)], third


def image(tongue, model):
    answer = tongue.ask(model, user(tongue.picture(expect.PNG_BASE64, "look")))
    assert expect.IMAGE_WORDS in answer.text, answer
    assert answer.input == expect.tokens("look", images=1), answer


def models(tongue, model):
    assert model in [entry.id for entry in tongue.client().models.list()]
    assert tongue.client().models.retrieve(model).id == model


def raises(tongue, kind, status, key=None, **request):
    try:
        tongue.create(client=tongue.client(**({"api_key": key} if key else {})), max_tokens=50, **request)
    except tongue.sdk.APIStatusError as why:
        assert type(why) is kind, f"{type(why)}: {why}"
        assert why.status_code == status, why
        assert why.request_id, "no request id"
        assert "sim-upstream" not in str(why), f"an upstream's words reached the client: {why}"
        return
    raise AssertionError(f"expected {kind}")


def errors(tongue, model):
    sdk = tongue.sdk
    raises(tongue, sdk.AuthenticationError, 401, key="sk-wrong", model=model, messages=user("hi"))
    raises(tongue, sdk.NotFoundError, 404, model="nobody-has-this", messages=user("hi"))
    raises(tongue, sdk.BadRequestError, 400, model=model, messages=[])
    raises(tongue, sdk.BadRequestError, 400, model=model, messages=[{"role": "robot", "content": "hi"}])


# What a caller is told where the only provider answers with this status, in words of any shape (docs/FAULTS.md).
TOLD = {
    400: (400,), 401: (502, 503), 402: (502, 503), 403: (502, 503), 404: (502,), 408: (502,), 413: (413,), 422: (400,),
    429: (503,), 500: (502,), 502: (502,), 503: (502, 529), 529: (529,),
}
SHAPES = ("", " html", " empty", " detail")


def statuses(tongue, model):
    """Whatever a provider fails with, in whatever shape, is an exception of the SDK with a status of ours and words."""
    for status, told in TOLD.items():
        for shape in SHAPES if status in (400, 500) else ("",):
            messages = user(f"hi [[sim: status={status} retry_after=0{shape}]]")
            try:
                tongue.create(model=model, max_tokens=50, messages=messages)
            except tongue.sdk.APIStatusError as why:
                assert why.status_code in told, f"{status}{shape}: {why.status_code} {why}"
                assert why.request_id and why.message and "sim-upstream" not in str(why), f"{status}{shape}: {why}"
                assert isinstance(why.body, dict), f"{status}{shape}: {why.body}"
                continue
            raise AssertionError(f"a provider's {status}{shape} was no error")


def no_credit(tongue, model):
    """402 as the SDK tells it."""
    raises(tongue, tongue.payment, 402, key=os.environ["TOLLGATE_POOR_KEY"], model=model, messages=user("hi"))


def retries(tongue, model):
    text = f"hi [[sim: status={tongue.busy} retry_after=0 times=1 id={uuid.uuid4().hex}]]"
    answer = tongue.ask(model, user(text), client=tongue.client(max_retries=2))
    assert answer.text == expect.said("hi"), answer


def cut(tongue, model):
    """An error event or a broken connection, never a normal end."""
    seen = []
    try:
        messages = user("hi [[sim: tokens=60 cut_after=5]]")
        for event in tongue.create(model=model, max_tokens=100, messages=messages, stream=True):
            seen.append(event)
    except tongue.broken as why:
        assert seen, why
        return
    raise AssertionError("a cut stream ended like a whole one")


CASES = [chat, limits, tool_loop, image, models, errors, statuses, no_credit, retries, cut]
# What a provider by itself has no account for, or tells as it is.
NOT_WITHOUT_GATEWAY = {no_credit.__name__, statuses.__name__}


def of(tongue):
    """The cases in a language, each a scenario of the same name."""

    def scenario(case):
        def run(model):
            case(tongue, model)

        run.__name__ = case.__name__
        return run

    return [scenario(case) for case in CASES]
