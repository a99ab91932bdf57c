"""Runs the end-to-end scenarios against the simulated providers or against the gateway.

In: --target sim|gateway, --node-modules DIR, --binary FILE, --database-url URL. Out: a line per scenario; the last one is
`N passed, N failed`. Never here: the scenarios. Run it with the Python of the virtual environment that
`cargo xtask test` makes.
"""

import argparse
import os
import sys

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SDKS = ("openai", "anthropic")


def built(*parts):
    return os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), *parts)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", choices=("sim", "gateway"), default="gateway")
    parser.add_argument("--node-modules", default=built("e2e", "node", "node_modules"))
    parser.add_argument("--binary", help="tollgate, or the simulator of crates/sim/examples")
    parser.add_argument("--database-url", help="an empty PostgreSQL database for the gateway instead of SQLite; presets take seed_000 to seed_004 beside it")
    parser.add_argument("--only", choices=("python", "node", "bill", "mocks", "seeds"), help="one part alone")
    return parser.parse_args()


def sdks(tally, args, environment, models):
    """Both languages, both SDKs, every model they can reach."""
    import cases

    os.environ.update(environment)
    if args.only in (None, "python"):
        for sdk in SDKS:
            module = __import__(f"{sdk}_sdk")
            for model in models[sdk]:
                for scenario in module.SCENARIOS:
                    if args.target == "sim" and scenario.__name__ in cases.NOT_WITHOUT_GATEWAY:
                        continue
                    tally.run(f"python {sdk} {model} {scenario.__name__}", scenario, model)
    if args.only in (None, "node"):
        for sdk in SDKS:
            more = {"TOLLGATE_MODELS": ",".join(models[sdk]), "TOLLGATE_NODE_MODULES": args.node_modules}
            command = ["node", os.path.join(HERE, f"{sdk}_sdk.mjs")]
            tally.run_program(f"node {sdk}", command, {**os.environ, **more})


def against_sim(tally, args):
    """The simulator itself speaks the real wire: the SDKs say so."""
    import surfaces

    port = harness.free_port()
    binary = args.binary or built("debug", "examples", "sim")
    process = harness.Process([binary, f"127.0.0.1:{port}"])
    try:
        process.wait_for(f"http://127.0.0.1:{port}/_sim/health")
        environment = {
            "TOLLGATE_TARGET": "sim",
            "TOLLGATE_BASE_URL": f"http://127.0.0.1:{port}/openai/v1",
            "TOLLGATE_ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}/anthropic",
            "TOLLGATE_API_KEY": "sk-anything",
        }
        # Any key but those that begin with sk-wrong.
        sdks(tally, args, environment, {"openai": ["sim-openai"], "anthropic": ["sim-anthropic"]})
        bases = {"openai": environment["TOLLGATE_BASE_URL"], "gemini": f"http://127.0.0.1:{port}/gemini"}
        place = surfaces.Place(bases, environment["TOLLGATE_API_KEY"], args.node_modules)
        place.language = args.only
        surfaces.run(tally, place)
    finally:
        process.stop()


def against_gateway(tally, args):
    """The product: both SDKs reach both kinds of upstream, and the bill is exact."""
    import bill
    import gateway as product
    import mocks
    import seeds
    import surfaces

    gateway = product.Gateway(args.binary or built("debug", "tollgate"), args.database_url)
    try:
        environment = {
            "TOLLGATE_TARGET": "gateway",
            "TOLLGATE_BASE_URL": f"{gateway.root}/v1",
            "TOLLGATE_ANTHROPIC_BASE_URL": f"{gateway.root}/anthropic",
            "TOLLGATE_API_KEY": gateway.key,
            "TOLLGATE_POOR_KEY": gateway.workspace_with("penniless"),
        }
        both = ["sim-openai", "sim-anthropic"]
        sdks(tally, args, environment, {"openai": both, "anthropic": both})
        if args.only in (None, "python", "node"):
            place = surfaces.Place(
                {"openai": f"{gateway.root}/v1", "gateway": f"{gateway.root}/v1", "gemini": gateway.root},
                gateway.key,
                args.node_modules,
            )
            place.language = args.only
            surfaces.run_behind_gateway(tally, place)
        os.environ.update(environment)
        if args.only in (None, "bill"):
            bill.run(tally, gateway)
        if args.only in (None, "mocks"):
            mocks.run(tally, gateway, args.node_modules)
        tally.run("the books balance", bill.books, gateway)
    finally:
        gateway.stop()
    if args.only in (None, "seeds"):
        seeds.run(tally, args.binary or built("debug", "tollgate"), args.database_url, args.node_modules)


def main():
    args = arguments()
    tally = harness.Tally()
    sys.path.insert(0, HERE)
    try:
        (against_sim if args.target == "sim" else against_gateway)(tally, args)
    except Exception as why:  # noqa: BLE001 - the last line must come whatever happens
        tally.failed += 1
        print(f"not ok  {args.target}: {why}", flush=True)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
