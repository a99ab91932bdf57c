"""The languages of clients as raw calls: how each asks, and what each tells of words, calls, counts and the end.

In: a running gateway, a conversation in no language. Out: replies, and what they say. Never here: checks, SDKs, upstreams.

A conversation is a list of turns: ("user", text), ("call", id, tool, arguments), ("result", id, tool, text).
"""

import json

DIALECTS = ("openai", "anthropic", "responses", "gemini")


class Asked:
    """What a call asks for beside its conversation."""

    def __init__(self, tool=None, schema=None, stream=False):
        self.tool = tool
        self.schema = schema
        self.stream = stream


def call(gateway, dialect, model, turns, asked=None):
    """One call of a client that speaks the dialect."""
    asked = asked or Asked()
    turns = [("user", turns)] if isinstance(turns, str) else turns
    body = WRITERS[dialect](model, turns, asked)
    method = "streamGenerateContent?alt=sse" if asked.stream else "generateContent"
    path, header = {
        "openai": ("/v1/chat/completions", {"authorization": f"Bearer {gateway.key}"}),
        "anthropic": ("/anthropic/v1/messages", {"x-api-key": gateway.key, "anthropic-version": "2023-06-01"}),
        "responses": ("/v1/responses", {"authorization": f"Bearer {gateway.key}"}),
        "gemini": (f"/v1beta/models/{model}:{method}", {"x-goog-api-key": gateway.key}),
    }[dialect]
    return gateway.send(path, body, header)


def openai(model, turns, asked):
    messages = []
    for kind, *what in turns:
        if kind == "user":
            messages.append({"role": "user", "content": what[0]})
        elif kind == "call":
            function = {"name": what[1], "arguments": json.dumps(what[2])}
            calls = [{"id": what[0], "type": "function", "function": function}]
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        else:
            messages.append({"role": "tool", "tool_call_id": what[0], "content": what[2]})
    body = {"model": model, "messages": messages, "max_tokens": 200, "stream": asked.stream}
    if asked.tool:
        named = {"name": asked.tool["name"], "description": asked.tool["description"], "parameters": asked.tool["schema"]}
        body["tools"] = [{"type": "function", "function": named}]
    if asked.schema:
        form = {"name": "form", "schema": asked.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body


def anthropic(model, turns, asked):
    messages = []
    for kind, *what in turns:
        if kind == "user":
            messages.append({"role": "user", "content": what[0]})
        elif kind == "call":
            block = {"type": "tool_use", "id": what[0], "name": what[1], "input": what[2]}
            messages.append({"role": "assistant", "content": [block]})
        else:
            block = {"type": "tool_result", "tool_use_id": what[0], "content": what[2]}
            messages.append({"role": "user", "content": [block]})
    body = {"model": model, "messages": messages, "max_tokens": 200, "stream": asked.stream}
    if asked.tool:
        tool = asked.tool
        body["tools"] = [{"name": tool["name"], "description": tool["description"], "input_schema": tool["schema"]}]
    if asked.schema:
        body["output_config"] = {"format": {"type": "json_schema", "schema": asked.schema}}
    return body


def responses(model, turns, asked):
    items = []
    for kind, *what in turns:
        if kind == "user":
            items.append({"role": "user", "content": what[0]})
        elif kind == "call":
            arguments = json.dumps(what[2])
            items.append({"type": "function_call", "call_id": what[0], "name": what[1], "arguments": arguments})
        else:
            items.append({"type": "function_call_output", "call_id": what[0], "output": what[2]})
    body = {"model": model, "input": items, "max_output_tokens": 200, "stream": asked.stream, "store": False}
    if asked.tool:
        tool = asked.tool
        named = {"name": tool["name"], "description": tool["description"], "parameters": tool["schema"]}
        body["tools"] = [{"type": "function", "strict": False, **named}]
    if asked.schema:
        form = {"type": "json_schema", "name": "form", "schema": asked.schema, "strict": True}
        body["text"] = {"format": form}
    return body


def gemini(_model, turns, asked):
    contents = []
    for kind, *what in turns:
        if kind == "user":
            contents.append({"role": "user", "parts": [{"text": what[0]}]})
        elif kind == "call":
            part = {"functionCall": {"id": what[0], "name": what[1], "args": what[2]}}
            contents.append({"role": "model", "parts": [part]})
        else:
            part = {"functionResponse": {"id": what[0], "name": what[1], "response": {"output": what[2]}}}
            contents.append({"role": "user", "parts": [part]})
    body = {"contents": contents, "generationConfig": {"maxOutputTokens": 200}}
    if asked.tool:
        tool = asked.tool
        named = {"name": tool["name"], "description": tool["description"], "parametersJsonSchema": tool["schema"]}
        body["tools"] = [{"functionDeclarations": [named]}]
    if asked.schema:
        body["generationConfig"].update({"responseMimeType": "application/json", "responseJsonSchema": asked.schema})
    return body


WRITERS = {"openai": openai, "anthropic": anthropic, "responses": responses, "gemini": gemini}


def ends_once(reply, dialect):
    """True when a stream ended well, False when it ended with an error; anything else is a finding."""
    events = reply.events()
    if dialect in ("openai", "gemini"):
        bad = [e for e in events if isinstance(e[1], dict) and "error" in e[1]]
    else:
        bad = [e for e in events if e[0] in ("error", "response.failed")]
        assert all(name == data["type"] for name, data in events), events
    if dialect == "openai":
        good = [e for e in events if e[1] == "[DONE]"]
    elif dialect == "gemini":
        good = [e for e in events if any("finishReason" in c for c in e[1].get("candidates", []))]
    else:
        good = [e for e in events if e[0] in ("message_stop", "response.completed", "response.incomplete")]
    assert len(good) + len(bad) == 1, f"{len(good)} ends and {len(bad)} errors in {reply.body.decode()}"
    assert events[-1] in good + bad, f"something came after the end: {events[-1]}"
    assert not reply.cut, "the connection broke"
    return bool(good)


def told(reply):
    """The objects of a reply: the one of a whole answer, or those of its events."""
    if not reply.headers.get("content-type", "").startswith("text/event-stream"):
        return [reply.json()]
    return [data for _, data in reply.events() if isinstance(data, dict)]


def text_of(reply, dialect):
    """The words of a good reply, whole or streamed."""
    return "".join(piece for one in told(reply) for piece in words(one, dialect) if piece)


def words(one, dialect):
    if dialect == "openai":
        for choice in one.get("choices", []):
            yield (choice.get("message") or choice.get("delta") or {}).get("content")
    elif dialect == "anthropic":
        yield one.get("delta", {}).get("text")
        for block in one.get("content", []):
            yield block.get("text")
    elif dialect == "responses":
        if one.get("type") == "response.output_text.delta":
            yield one["delta"]
        for item in one.get("output", []):
            for part in item.get("content", []):
                yield part.get("text")
    else:
        for part in parts(one):
            yield part.get("text")


def parts(one):
    for candidate in one.get("candidates", []):
        yield from candidate.get("content", {}).get("parts", [])


def calls_of(reply, dialect):
    """The calls of a good reply, whole or streamed: (id, tool, arguments)."""
    found = []
    for one in told(reply):
        if dialect == "openai":
            chat_calls(one, found)
        elif dialect == "anthropic":
            blocks = one.get("content", []) + [one[key] for key in ("content_block",) if key in one]
            found += [[b["id"], b["name"], b["input"] or ""] for b in blocks if b["type"] == "tool_use"]
            if one.get("delta", {}).get("type") == "input_json_delta":
                found[-1][2] += one["delta"]["partial_json"]
        elif dialect == "responses":
            items = one.get("output", []) + ([one["item"]] if one.get("type") == "response.output_item.done" else [])
            found += [[i["call_id"], i["name"], i["arguments"]] for i in items if i["type"] == "function_call"]
        else:
            calls = [part["functionCall"] for part in parts(one) if "functionCall" in part]
            found += [[c.get("id"), c["name"], c.get("args", {})] for c in calls]
    return [(id, name, json.loads(args or "{}") if isinstance(args, str) else args) for id, name, args in found]


def chat_calls(one, found):
    for choice in one.get("choices", []):
        for made in (choice.get("message") or choice.get("delta") or {}).get("tool_calls") or []:
            if made.get("id"):
                found.append([made["id"], made["function"]["name"], ""])
            found[-1][2] += made["function"].get("arguments") or ""


def counted(reply, dialect):
    """The prompt and the answer as a good reply tells them: the upstream's own count, where there is one."""
    if reply.status != 200:
        return None
    usage = {}
    for one in told(reply):
        # Some have their usage one level deeper; the last word counts.
        inner = one.get("message") or one.get("response") or one
        spoken = inner.get("usageMetadata") if dialect == "gemini" else inner.get("usage")
        usage.update({name: count for name, count in (spoken or {}).items() if count is not None})
    if dialect == "openai":
        return (usage["prompt_tokens"], usage["completion_tokens"]) if usage else None
    if dialect == "gemini":
        answer = usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
        return (usage["promptTokenCount"], answer) if "promptTokenCount" in usage else None
    if "output_tokens" not in usage:
        return None
    cached = usage.get("cache_read_input_tokens", 0) + usage.get("cache_creation_input_tokens", 0)
    return usage.get("input_tokens", 0) + cached, usage["output_tokens"]
