"""The cases of the wires beyond Chat Completions and Messages: which script has them, and which models they are for.

In: base URLs, a key. Out: scenarios run. Never here: the cases. By itself it runs the cases against any server:
`python surfaces.py --base openai=http://host/v1 --base gemini=http://host/gemini --key K`, with `--only NAME` for one
surface, `--model M` for another model, and `--language python|node`.
"""

import argparse
import os
import sys

import harness

HERE = os.path.dirname(os.path.abspath(__file__))

# The name of a surface; its script in both languages; its list of cases in there; the kind of base URL; the model. What the
# simulator alone does not answer like that is for the gateway.
SURFACES = [
    ("responses", "responses_sdk", "SCENARIOS", "openai", "sim-openai"),
    ("completions", "openai_others_sdk", "COMPLETIONS", "openai", "sim-openai"),
    ("embeddings", "openai_others_sdk", "EMBEDDINGS", "openai", "sim-openai-embedding"),
    ("images", "openai_others_sdk", "IMAGES", "openai", "sim-openai-image"),
    ("images-once", "openai_others_sdk", "IMAGES_ONCE", "gateway", "sim-gemini-image"),
    ("images-later", "openai_others_sdk", "IMAGES_LATER", "gateway", "sim-task-image"),
    ("gemini", "gemini_sdk", "SCENARIOS", "gemini", "sim-gemini"),
    ("gemini-signed", "gemini_sdk", "SIGNED", "gemini", "sim-gemini-3"),
    ("gemini-embeddings", "gemini_sdk", "EMBEDDINGS", "gemini", "sim-gemini-embedding"),
]


# Behind the gateway any model answers on any surface: which models are asked there, and which cases are not meant for them.
# Several prompts at once are refused by name. Behind another wire, tokens are counted by a vocabulary, what nobody knows is
# dropped and told, and a proof that another provider made is left out; some providers prove or refuse nothing.
ELSEWHERE = ("raw_reasoning", "forged", "count", "errors")
PROMPTS = ("completion_kinds", "completionStream")
BEHIND_GATEWAY = [
    ("responses", "sim-responses", ()),
    ("responses", "sim-openai", (*ELSEWHERE, "reasoning")),
    ("responses", "sim-anthropic", ELSEWHERE),
    ("responses", "sim-gemini", (*ELSEWHERE, "reasoning", "refusal")),
    ("completions", "sim-openai", PROMPTS),
    ("completions", "sim-anthropic", PROMPTS),
    ("completions", "sim-responses", (*PROMPTS, "completion")),
    ("completions", "sim-gemini", PROMPTS),
    ("embeddings", "sim-openai-embedding", ()),
    ("images", "sim-openai-image", ("picture_stream",)),
    ("images-once", "sim-gemini-image", ()),
    ("images-later", "sim-task-image", ()),
    ("gemini", "sim-gemini", ("count",)),
]


class Place:
    """Where the cases run: base URLs by kind, a key, and what of all the cases is wanted there."""

    def __init__(self, bases, key, node_modules=""):
        self.bases, self.key, self.node_modules = bases, key, node_modules
        self.only = self.language = self.model = None
        self.without = ()


def run_behind_gateway(tally, place):
    """Runs the cases that a gateway answers, on every surface, with every kind of provider."""
    for place.only, place.model, place.without in BEHIND_GATEWAY:
        run(tally, place)


def run(tally, place):
    """Runs the cases of every surface whose kind of base URL is known, or of the one that is wanted."""
    for name, script, group, kind, usual in SURFACES:
        if kind not in place.bases or place.only not in (None, name):
            continue
        model = place.model or usual
        if place.language in (None, "python"):
            for scenario in getattr(__import__(script), group):
                if scenario.__name__ in place.without:
                    continue
                title = f"python {name} {model} {scenario.__name__}"
                tally.run(title, scenario, place.bases[kind], place.key, model)
        if place.language in (None, "node"):
            more = {
                "TOLLGATE_BASE_URL": place.bases[kind],
                "TOLLGATE_API_KEY": place.key,
                "TOLLGATE_MODELS": model,
                "TOLLGATE_CASES": group,
                "TOLLGATE_WITHOUT": ",".join(place.without),
                "TOLLGATE_NODE_MODULES": place.node_modules,
            }
            command = ["node", os.path.join(HERE, f"{script}.mjs"), name]
            tally.run_program(f"node {name} {model}", command, {**os.environ, **more})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", action="append", required=True, help="openai=URL or gemini=URL")
    parser.add_argument("--key", required=True)
    parser.add_argument("--only", choices=[surface[0] for surface in SURFACES])
    parser.add_argument("--model")
    parser.add_argument("--language", choices=("python", "node"))
    parser.add_argument("--node-modules", default=os.environ.get("TOLLGATE_NODE_MODULES", ""))
    args = parser.parse_args()
    os.environ.setdefault("TOLLGATE_TARGET", "sim")
    place = Place(dict(base.split("=", 1) for base in args.base), args.key, args.node_modules)
    place.only, place.language, place.model = args.only, args.language, args.model
    tally = harness.Tally()
    run(tally, place)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
