//! Requests from and to Gemini. Never here: answers (lane, corpus), the other pairs (tests).

use super::*;
use crate::gemini::proof::Proof;
use crate::seal::Maker;
use crate::target::{SystemPlacement, ThinkingForm};
use serde_json::Value;

const CHAT: Dialect = Dialect::OpenAiChat;
const MESSAGES: Dialect = Dialect::Anthropic;
const GEMINI: Dialect = Dialect::Gemini;

fn to(client: Dialect, body: &str, target: &Target) -> Result<(Value, Vec<String>, Encoded), Fault> {
    let (request, mut losses) = decode_request(client, &Bytes::copy_from_slice(body.as_bytes()))?;
    let encoded = encode_request(&request, target)?;
    losses.extend(encoded.losses.clone());
    let value = serde_json::from_slice(&encoded.body).expect("an encoded body is JSON");
    Ok((value, losses.into_iter().map(|l| l.path).collect(), encoded))
}

fn target(dialect: Dialect) -> Target {
    Target::new(dialect, "up", 64_000)
}

/// A Chat request with these fields as a Gemini server gets it.
fn chat(fields: &str, target: &Target) -> (Value, Vec<String>) {
    let body = format!(r#"{{"model":"m",{fields},"messages":[{{"role":"user","content":"x"}}]}}"#);
    let (value, losses, _) = to(CHAT, &body, target).expect(&body);
    (value, losses)
}

/// A Gemini conversation as a server of another dialect gets it.
fn contents(contents: &str, to_dialect: Dialect) -> Value {
    let body = format!(r#"{{"contents":[{contents}]}}"#);
    to(GEMINI, &body, &target(to_dialect)).expect(&body).0
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

#[test]
fn the_path_names_the_model_and_the_way() {
    for (model, stream, path) in [
        ("gemini-x", false, "/models/gemini-x:generateContent"),
        ("gemini-x", true, "/models/gemini-x:streamGenerateContent?alt=sse"),
        ("models/gemini-x", false, "/models/gemini-x:generateContent"),
        ("tunedModels/my-1", false, "/tunedModels/my-1:generateContent"),
        ("a b/c?d:e", false, "/models/a%20b%2Fc%3Fd%3Ae:generateContent"),
    ] {
        assert_eq!(call_path(&Target::new(GEMINI, model, 1), stream), path);
    }
}

/// Pitfalls 33, 43: the calls of a turn stay in one content, and so do their results, in the order of the calls, each with
/// the name of its call.
#[test]
fn pitfall_33_43_three_calls_have_three_results_in_one_content() {
    let call = |id: &str, name: &str| {
        format!(r#"{{"id":"{id}","type":"function","function":{{"name":"{name}","arguments":"{{}}"}}}}"#)
    };
    let calls = [call("a", "f"), call("b", "g"), call("c", "f")].join(",");
    let tool = |id: &str| format!(r#"{{"role":"tool","tool_call_id":"{id}","content":"of {id}"}}"#);
    let body = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"go"}},{{"role":"assistant","content":null,"reasoning_details":[{{"type":"reasoning.encrypted","data":"tg1.0000000000000000.ONE","index":0}}],"tool_calls":[{calls}]}},{},{},{},{{"role":"user","content":"and?"}}]}}"#,
        tool("c"),
        tool("a"),
        tool("b")
    );
    let (found, _, _) = to(CHAT, &body, &target(GEMINI)).unwrap();
    let model = &found["contents"][1]["parts"];
    assert_eq!(model.as_array().unwrap().len(), 3);
    assert_eq!(model[0]["thoughtSignature"], "ONE");
    assert!(model[1].get("thoughtSignature").is_none() && model[2].get("thoughtSignature").is_none());
    let results: Vec<(&str, &str)> = found["contents"][2]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|p| p.get("functionResponse"))
        .map(|r| (r["name"].as_str().unwrap(), r["response"]["output"].as_str().unwrap()))
        .collect();
    assert_eq!(results, [("f", "of a"), ("g", "of b"), ("f", "of c")]);
    // Servers count the parts of that content: what the user says beside has its own.
    assert_eq!(found["contents"][2]["parts"].as_array().unwrap().len(), 3);
    assert_eq!(found["contents"][3]["parts"], json(r#"[{"text":"and?"}]"#));
    assert_eq!(found["contents"].as_array().unwrap().len(), 4);
}

/// Pitfall 42: a proof goes back to the part it stood on, to its maker alone; a lost one has a stand-in where the server
/// needs it.
#[test]
fn pitfall_42_proofs_come_back_or_have_a_stand_in() {
    let history = |details: &str| {
        format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":"u"}},{{"role":"assistant","content":"t","reasoning_details":[{details}],"tool_calls":[{{"id":"a","type":"function","function":{{"name":"f","arguments":"{{}}"}}}},{{"id":"b","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}]}},{{"role":"tool","tool_call_id":"a","content":"1"}},{{"role":"tool","tool_call_id":"b","content":"2"}}]}}"#
        )
    };
    let detail =
        |data: &str, index: u8| format!(r#"{{"type":"reasoning.encrypted","data":"{data}","index":{index}}}"#);
    let own = detail("tg1.0000000000000000.S", 1);
    let two = detail("tg1.0000000000000000.R", 0) + "," + &detail("tg1.0000000000000000.S", 1);
    let foreign = detail("tg1.00000000000000ff.X", 1);
    let plain = target(GEMINI);
    let strict = Target { signature_stand_in: true, ..target(GEMINI) };
    for (details, target, expect) in [
        (&own, &plain, ["-", "S", "-"]),
        (&own, &strict, ["-", "S", "-"]),
        (&foreign, &plain, ["-", "-", "-"]),
        (&foreign, &strict, ["-", "skip_thought_signature_validator", "-"]),
    ] {
        let (found, _, _) = to(CHAT, &history(details), target).unwrap();
        let parts = found["contents"][1]["parts"].as_array().unwrap();
        let found: Vec<&str> = parts.iter().map(|p| p["thoughtSignature"].as_str().unwrap_or("-")).collect();
        assert_eq!(found, expect, "{details}");
    }
    // Two proofs that meet: the first gets a part of its own.
    let (found, _, _) = to(CHAT, &history(&two), &plain).unwrap();
    assert_eq!(found["contents"][1]["parts"][0], json(r#"{"text":"","thoughtSignature":"R"}"#));
    assert_eq!(found["contents"][1]["parts"][1], json(r#"{"text":"t","thoughtSignature":"S"}"#));
}

/// Proofs of another provider come home through a Gemini client, be the thoughts kept or forgotten.
#[test]
fn proofs_come_home_through_a_gemini_client() {
    let sign = |proof: &str, of_thought| Proof { carried: Maker(0).carry(proof), of_thought }.signature();
    let (thought, sealed) = (sign("T", true), sign("R", false));
    let found = contents(
        &format!(
            r#"{{"parts":[{{"text":"go"}}]}},{{"role":"model","parts":[{{"text":"hm","thought":true}},{{"text":"","thoughtSignature":"{thought}"}},{{"functionCall":{{"name":"f","id":"a"}},"thoughtSignature":"{sealed}"}},{{"functionCall":{{"name":"f","id":"b"}},"thoughtSignature":"{thought}"}}]}},{{"parts":[{{"functionResponse":{{"name":"f","id":"a","response":{{}}}}}},{{"functionResponse":{{"name":"f","id":"b","response":{{}}}}}}]}}"#
        ),
        MESSAGES,
    );
    assert_eq!(
        found["messages"][1]["content"],
        json(
            r#"[{"type":"thinking","thinking":"hm","signature":"T"},{"type":"redacted_thinking","data":"R"},{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"thinking","thinking":"","signature":"T"},{"type":"tool_use","id":"b","name":"f","input":{}}]"#
        )
    );
    // Clients keep a content for every frame of a stream.
    let apart = contents(
        &format!(
            r#"{{"parts":[{{"text":"go"}}]}},{{"role":"model","parts":[{{"text":"h","thought":true}}]}},{{"role":"model","parts":[{{"text":"m","thought":true}}]}},{{"role":"model","parts":[{{"text":"a","thoughtSignature":"{thought}"}}]}},{{"role":"model","parts":[{{"text":""}}]}},{{"parts":[{{"text":"b"}}]}}"#
        ),
        MESSAGES,
    );
    assert_eq!(
        apart["messages"][1]["content"],
        json(r#"[{"type":"thinking","thinking":"hm","signature":"T"},{"type":"text","text":"a"}]"#)
    );
    // The provider's own proofs and thoughts are nothing to another.
    let foreign = contents(
        r#"{"parts":[{"text":"go"}]},{"role":"model","parts":[{"text":"SECRET","thought":true},{"text":"a","thoughtSignature":"U0VDUkVU"}]},{"parts":[{"text":"b"}]}"#,
        MESSAGES,
    );
    assert!(!foreign.to_string().contains("SECRET") && !foreign.to_string().contains("U0VDUkVU"), "{foreign}");
}

/// Calls without ids get the same ones every turn, and results find their calls by id, else by name in order.
#[test]
fn calls_and_results_are_matched() {
    let result = |id: &str, name: &str, says: &str| {
        format!(r#"{{"functionResponse":{{{id}"name":"{name}","response":{says}}}}}"#)
    };
    let found = contents(
        &format!(
            r#"{{"parts":{{"text":"go"}}}},{{"role":"model","parts":[{{"functionCall":{{"name":"f","args":{{"n":9007199254740993}}}}}},{{"functionCall":{{"name":"g"}}}},{{"functionCall":{{"name":"f","id":"x"}}}},{{"functionCall":{{"name":"f"}}}}]}},{{"role":"function","parts":[{},{},{},{},{{"inlineData":{{"mimeType":"image/png","data":"AA"}}}}]}}"#,
            result("", "g", r#"{"error":"no"}"#),
            result("\"id\":\"x\",", "f", r#"{"output":"third"}"#),
            result("", "f", r#"{"output":{"k":1}}"#),
            result("", "f", r#"{"k":[1e400]}"#),
        ),
        CHAT,
    );
    let messages = found["messages"].as_array().unwrap();
    let ids: Vec<&str> =
        messages[1]["tool_calls"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["call_0_f", "call_1_g", "x", "call_3_f"]);
    assert_eq!(messages[1]["tool_calls"][0]["function"]["arguments"], r#"{"n":9007199254740993}"#);
    let said: Vec<(&str, &str)> = messages[2..6]
        .iter()
        .map(|m| (m["tool_call_id"].as_str().unwrap(), m["content"].as_str().unwrap()))
        .collect();
    assert_eq!(
        said,
        [
            ("call_1_g", "[tool error] no"),
            ("x", "third"),
            ("call_0_f", r#"{"k":1}"#),
            ("call_3_f", r#"{"k":[1e400]}"#)
        ]
    );
    assert_eq!(messages[6]["content"][0]["image_url"]["url"], "data:image/png;base64,AA==");
    let missing =
        r#"{"contents":[{"parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f"}}]}]}"#;
    let fault = to(GEMINI, missing, &target(CHAT)).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("contents[1].parts[0].functionCall"));
}

/// R-WIRE-4: what another server cannot do is refused by its name, and only by who cannot.
#[test]
fn r_wire_4_what_only_gemini_has_is_refused_by_name() {
    let c = r#""contents":[{"parts":[{"text":"x"}]}]"#;
    let part = |part: &str| format!(r#""contents":[{{"parts":[{{"text":"x"}},{part}]}}]"#);
    for (fields, param) in [
        (
            format!(r#""tools":[{{"functionDeclarations":[]}},{{"google_search":{{}}}}],{c}"#),
            "tools[1].googleSearch",
        ),
        (format!(r#""tools":[{{"codeExecution":{{}}}}],{c}"#), "tools[0].codeExecution"),
        (format!(r#""cachedContent":"cachedContents/1",{c}"#), "cachedContent"),
        (format!(r#""generationConfig":{{"candidateCount":2}},{c}"#), "generationConfig.candidateCount"),
        (format!(r#""generationConfig":{{"responseLogprobs":true}},{c}"#), "generationConfig.responseLogprobs"),
        (
            format!(r#""generationConfig":{{"responseModalities":["IMAGE"]}},{c}"#),
            "generationConfig.responseModalities",
        ),
        (format!(r#""generationConfig":{{"speechConfig":{{}}}},{c}"#), "generationConfig.speechConfig"),
        (
            format!(
                r#""generationConfig":{{"responseMimeType":"text/x.enum","responseSchema":{{"type":"STRING"}}}},{c}"#
            ),
            "generationConfig.responseMimeType",
        ),
        (part(r#"{"executableCode":{"code":"x"}}"#), "contents[0].parts[1].executableCode"),
        (
            part(r#"{"fileData":{"fileUri":"gs://b/x","mimeType":"image/png"}}"#),
            "contents[0].parts[1].fileData.fileUri",
        ),
        (
            part(r#"{"inlineData":{"data":"AA","mimeType":"video/mp4"}}"#),
            "contents[0].parts[1].inlineData.mimeType",
        ),
        (part(r#"{"inlineData":{"data":"AA"}}"#), "contents[0].parts[1].inlineData.mimeType"),
        (r#""contents":[{"role":"system","parts":[]}]"#.to_owned(), "contents[0].role"),
        (r#""contents":[{"parts":[]}]"#.to_owned(), "contents"),
        (
            format!(r#""toolConfig":{{"functionCallingConfig":{{"mode":"MAYBE"}}}},{c}"#),
            "toolConfig.functionCallingConfig.mode",
        ),
        (format!(r#""messages":[{{}}],{c}"#), "messages[0]"),
    ] {
        for dialect in [CHAT, MESSAGES] {
            let fault = to(GEMINI, &format!("{{{fields}}}"), &target(dialect)).expect_err(&fields);
            assert_eq!(fault.param.as_deref(), Some(param), "{fields} {fault}");
        }
    }
}

#[test]
fn fields_of_a_gemini_request_cross() {
    let body = r#"{"systemInstruction":"s","contents":[{"parts":[{"text":"x"},{"inlineData":{"mimeType":"text/plain","data":"aGk="}},{"inlineData":{"mimeType":"audio/mpeg","data":"AA=="}}]}],
        "tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}}]},{"functionDeclarations":[{"name":"g","parametersJsonSchema":{"type":"object"}}]}],
        "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f","g"]}},
        "generationConfig":{"temperature":0.70,"topP":0.9,"maxOutputTokens":50,"stopSequences":["a"],"seed":7,"presencePenalty":1,"frequencyPenalty":2,"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"k":{"type":"INTEGER"}}},"thinkingConfig":{"thinkingLevel":"HIGH"},"mediaResolution":"LOW"}}"#;
    let (found, losses, _) = to(GEMINI, body, &target(CHAT)).unwrap();
    assert_eq!(
        found,
        json(
            r#"{"model":"up","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"hi"},{"type":"input_audio","input_audio":{"data":"AA==","format":"mp3"}}]}],
        "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":["string","null"]}}},"strict":false}},{"type":"function","function":{"name":"g","parameters":{"type":"object"},"strict":false}}],
        "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]}},
        "max_completion_tokens":50,"stop":["a"],"temperature":0.70,"top_p":0.9,"seed":7,"presence_penalty":1,"frequency_penalty":2,
        "response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object","properties":{"k":{"type":"integer"}}},"strict":true}},"reasoning_effort":"high"}"#
        )
    );
    assert_eq!(losses, ["generationConfig.mediaResolution"]);
}

/// R-WIRE-7: efforts and budgets become what the target has.
#[test]
fn r_wire_7_thinking_by_budget_or_level() {
    let by = |thinking, min| Target {
        thinking,
        thinking_budget_min: min,
        thinking_budget_max: 24_000,
        ..target(GEMINI)
    };
    let (budget, level) = (by(ThinkingForm::Budget, 0), by(ThinkingForm::Level, 0));
    let (least, never) = (by(ThinkingForm::Budget, 128), by(ThinkingForm::Never, 0));
    for (fields, target, expect, lossy) in [
        (r#""reasoning_effort":"low""#, &budget, r#"{"thinkingBudget":2048,"includeThoughts":true}"#, true),
        (r#""reasoning_effort":"max""#, &budget, r#"{"thinkingBudget":24000,"includeThoughts":true}"#, true),
        (
            r#""reasoning_effort":"high","max_tokens":8000"#,
            &budget,
            r#"{"thinkingBudget":6000,"includeThoughts":true}"#,
            true,
        ),
        (r#""thinking":{"type":"enabled"}"#, &budget, r#"{"thinkingBudget":-1,"includeThoughts":true}"#, false),
        (r#""reasoning_effort":"none""#, &budget, r#"{"thinkingBudget":0}"#, false),
        (r#""reasoning_effort":"none""#, &least, r#"{"thinkingBudget":128}"#, true),
        (r#""reasoning_effort":"minimal""#, &level, r#"{"thinkingLevel":"MINIMAL","includeThoughts":true}"#, false),
        (r#""reasoning_effort":"xhigh""#, &level, r#"{"thinkingLevel":"HIGH","includeThoughts":true}"#, true),
        (r#""reasoning":{"max_tokens":3000}"#, &level, r#"{"thinkingLevel":"LOW","includeThoughts":true}"#, true),
        (r#""reasoning_effort":"none""#, &level, r#"{"thinkingLevel":"MINIMAL"}"#, true),
        (r#""reasoning_effort":"high""#, &never, "null", true),
        (r#""top_p":1"#, &budget, "null", false),
    ] {
        let (found, losses) = chat(fields, target);
        assert_eq!(found["generationConfig"]["thinkingConfig"], json(expect), "{fields}");
        assert_eq!(!losses.is_empty(), lossy, "{fields} {losses:?}");
    }
}

/// Pitfall 48: schemas go as they are where the server takes them, and cut down where it does not.
#[test]
fn pitfall_48_schemas_as_the_server_takes_them() {
    let schema = r#"{"$schema":"x","type":"object","properties":{"const":{"type":"string","const":"a"}},"additionalProperties":false}"#;
    let fields = format!(
        r#""tools":[{{"type":"function","function":{{"name":"f","parameters":{schema}}}}},{{"type":"function","function":{{"name":"g","parameters":{{}}}}}}],"response_format":{{"type":"json_schema","json_schema":{{"name":"n","schema":{schema}}}}}"#
    );
    let (found, _) = chat(&fields, &target(GEMINI));
    let tools = &found["tools"][0]["functionDeclarations"];
    assert_eq!(tools[0]["parametersJsonSchema"], json(schema));
    assert_eq!(tools[1], json(r#"{"name":"g"}"#));
    assert_eq!(found["generationConfig"]["responseJsonSchema"], json(schema));
    let (found, losses) = chat(&fields, &Target { json_schema: false, ..target(GEMINI) });
    let subset = json(r#"{"type":"OBJECT","properties":{"const":{"type":"STRING","enum":["a"]}}}"#);
    assert_eq!(found["tools"][0]["functionDeclarations"][0]["parameters"], subset);
    assert_eq!(found["generationConfig"]["responseSchema"], subset);
    assert!(losses.contains(&"tools[].function.parameters".to_owned()), "{losses:?}");
    let (found, losses) = chat(&fields, &Target { structured_output: false, ..target(GEMINI) });
    assert!(found.get("generationConfig").is_none());
    assert!(found["systemInstruction"]["parts"][0]["text"].as_str().unwrap().contains("$schema"));
    assert!(losses.contains(&"response_format".to_owned()));
}

#[test]
fn tools_may_be_chosen() {
    let tools =
        r#""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]"#;
    let allowed = |mode: &str| {
        format!(
            r#"{{"type":"allowed_tools","allowed_tools":{{"mode":"{mode}","tools":[{{"type":"function","function":{{"name":"g"}}}}]}}}}"#
        )
    };
    for (choice, calling, offered) in [
        ("\"auto\"".to_owned(), r#"{"mode":"AUTO"}"#, 2),
        ("\"none\"".to_owned(), r#"{"mode":"NONE"}"#, 2),
        ("\"required\"".to_owned(), r#"{"mode":"ANY"}"#, 2),
        (
            r#"{"type":"function","function":{"name":"f"}}"#.to_owned(),
            r#"{"mode":"ANY","allowedFunctionNames":["f"]}"#,
            2,
        ),
        (allowed("required"), r#"{"mode":"ANY","allowedFunctionNames":["g"]}"#, 2),
        (allowed("auto"), r#"{"mode":"AUTO"}"#, 1),
    ] {
        let (found, _) = chat(&format!("{tools},\"tool_choice\":{choice}"), &target(GEMINI));
        assert_eq!(found["toolConfig"]["functionCallingConfig"], json(calling), "{choice}");
        assert_eq!(found["tools"][0]["functionDeclarations"].as_array().unwrap().len(), offered);
    }
}

/// Media go where the server finds them, and addresses it does not fetch are refused.
#[test]
fn media_for_a_gemini_server() {
    let image = |url: &str| {
        let body = format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"{url}"}}}}]}}]}}"#
        );
        to(CHAT, &body, &target(GEMINI)).map(|(found, _, _)| found["contents"][0]["parts"][0].clone())
    };
    for (url, part) in [
        ("data:image/png;base64,AA==", r#"{"inlineData":{"mimeType":"image/png","data":"AA=="}}"#),
        ("https://youtu.be/x", r#"{"fileData":{"fileUri":"https://youtu.be/x"}}"#),
    ] {
        assert_eq!(image(url).unwrap(), json(part), "{url}");
    }
    for url in [
        "https://example.com/a.png",
        "https://generativelanguage.googleapis.com.evil.example/",
        // What lies in the operator's account.
        "https://generativelanguage.googleapis.com/v1beta/files/x",
        "gs://b/a.png",
        "http://youtu.be/x",
    ] {
        assert_eq!(image(url).unwrap_err().param.as_deref(), Some("messages[0].content[0]"), "{url}");
    }
    let results = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]}]}]}"#;
    let (found, _, _) = to(MESSAGES, results, &Target { result_media: true, ..target(GEMINI) }).unwrap();
    assert_eq!(
        found["contents"][2]["parts"],
        json(
            r#"[{"functionResponse":{"id":"a","name":"f","response":{"output":""},"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}}]"#
        )
    );
    let (found, losses, _) = to(MESSAGES, results, &target(GEMINI)).unwrap();
    assert_eq!(found["contents"][2]["parts"].as_array().unwrap().len(), 1);
    assert!(found["contents"][3]["parts"][0].get("inlineData").is_some());
    assert_eq!(losses, ["messages[].content[].content"]);
}

/// Pitfall 36: system prompts in the middle are marked user texts; a server without a place for them gets all as the user's.
#[test]
fn pitfall_36_system_prompts_are_placed() {
    let body = r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"system","content":"mid"},{"role":"user","content":"v"}]}"#;
    let (found, _, _) = to(CHAT, body, &target(GEMINI)).unwrap();
    assert_eq!(found["systemInstruction"]["parts"], json(r#"[{"text":"s"}]"#));
    let marked = r#"{"text":"<system-message>\nmid\n</system-message>"}"#;
    let parts = format!(r#"[{{"text":"u"}},{marked},{{"text":"v"}}]"#);
    assert_eq!(found["contents"], json(&format!(r#"[{{"role":"user","parts":{parts}}}]"#)));
    let none = Target { system: SystemPlacement::AsUser, ..target(GEMINI) };
    let (found, _, _) = to(CHAT, body, &none).unwrap();
    assert!(found.get("systemInstruction").is_none());
    assert_eq!(found["contents"][0]["parts"][0]["text"], "s");
}

/// Stop sequences beyond five are watched for here, long names come back, hints of others are dropped with notice.
#[test]
fn limits_of_a_gemini_server() {
    let long = "n".repeat(70);
    let body = format!(
        r#"{{"model":"m","stop":["1","2","3","4","5","6"],"seed":9007199254740993,"service_tier":"flex","max_tokens":99999,"tools":[{{"type":"function","function":{{"name":"{long}"}}}}],"messages":[{{"role":"assistant","content":"first"}},{{"role":"user","content":"x"}}]}}"#
    );
    let (found, losses, encoded) = to(CHAT, &body, &target(GEMINI)).unwrap();
    assert_eq!(found["generationConfig"]["stopSequences"].as_array().unwrap().len(), 5);
    assert_eq!(encoded.stops, ["6"]);
    let wire = found["tools"][0]["functionDeclarations"][0]["name"].as_str().unwrap();
    assert_eq!((wire.len(), encoded.names.client_name(wire)), (64, long.as_str()));
    assert_eq!(found["generationConfig"]["maxOutputTokens"], 64_000);
    assert_eq!(found["contents"][0], json(r#"{"role":"user","parts":[{"text":"."}]}"#));
    assert_eq!(losses, ["messages[0]", "max_tokens", "seed", "stop", "service_tier"]);
    let inserted = Target { insert_max_tokens: Some(77), ..target(GEMINI) };
    let (found, _) = chat(r#""top_p":1"#, &inserted);
    assert_eq!(found["generationConfig"]["maxOutputTokens"], 77);
    let (found, _) = chat(r#""top_p":1"#, &target(GEMINI));
    assert!(found["generationConfig"].get("maxOutputTokens").is_none());
    assert!(
        encode_request(
            &decode_request(
                CHAT,
                &Bytes::from(r#"{"model":"m","n":2,"messages":[{"role":"user","content":"x"}]}"#)
            )
            .unwrap()
            .0,
            &target(GEMINI)
        )
        .is_err()
    );
}

/// decode then encode is the identity on what both sides can say.
#[test]
fn decode_and_encode_are_inverse_on_the_common_subset() {
    let body = r#"{"systemInstruction":{"parts":[{"text":"s"}]},"tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"b":1,"a":2}}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"contents":[{"role":"user","parts":[{"text":"u"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]},{"role":"model","parts":[{"text":"t","thoughtSignature":"PROOF"},{"functionCall":{"id":"a","name":"f","args":{ "x": 1e400 }},"thoughtSignature":"PROOF"}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"output":"r"}}}]},{"role":"user","parts":[{"text":"v"}]}],"generationConfig":{"maxOutputTokens":7,"temperature":0.70,"topP":0.9,"topK":3,"seed":1,"stopSequences":["x"],"responseMimeType":"application/json","responseJsonSchema":{"z":1},"thinkingConfig":{"thinkingBudget":-1,"includeThoughts":true}}}"#;
    let carried = Proof { carried: Maker(0).carry("PROOF"), of_thought: false }.signature();
    let (_, losses, encoded) = to(GEMINI, &body.replace("PROOF", &carried), &target(GEMINI)).unwrap();
    assert_eq!(std::str::from_utf8(&encoded.body).unwrap(), body);
    assert!(losses.is_empty(), "{losses:?}");
}
