"""Command line: python -m clickmask_export SYSTEM --code CHECKOUT (--checkpoint FILE | --random SEED) --out FOLDER"""

import argparse
import importlib
import json
import pathlib

# Each system with the module that exports it.
SYSTEMS = {
    "adaptiveclick": "adaptiveclick",
    "cfr-icl": "isegm",
    "fcanet": "fcanet",
    "focalclick": "focalclick",
    "hq-sam": "sam",
    "mobile-sam": "sam",
    "mst": "mst",
    "ritm": "isegm",
    "sam": "sam",
    "sam2": "sam2",
    "segnext": "segnext",
    "simpleclick": "isegm",
}


def parser():
    parse = argparse.ArgumentParser(prog="clickmask_export", description="Exports a published network for Clickmask.")
    parse.add_argument("system", choices=sorted(SYSTEMS))
    parse.add_argument("--code", required=True, type=pathlib.Path, help="a checkout of the authors' repository")
    weights = parse.add_mutually_exclusive_group(required=True)
    weights.add_argument("--checkpoint", type=pathlib.Path, help="the authors' weights")
    weights.add_argument("--random", type=int, metavar="SEED", help="seeded random weights, for tests")
    parse.add_argument("--out", required=True, type=pathlib.Path, help="folder of the model to write")
    parse.add_argument("--variant", help="which of the system's networks; see README.md")
    parse.add_argument("--size", type=int, help="input size in px, where it is not the default (672 and 600 for DAVIS)")
    parse.add_argument("--limit", type=int, help="greatest longer side of un-zoomed pictures in px (default: none)")
    parse.add_argument("--name", help="name of the model (default: system and variant)")
    return parse


def main():
    arguments = parser().parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    exporter = importlib.import_module(f".{SYSTEMS[arguments.system]}", __package__)
    _, parity = exporter.export(arguments.system, arguments)
    print(json.dumps(parity, indent=2))
    print(f"Wrote {arguments.out}")


if __name__ == "__main__":
    main()
