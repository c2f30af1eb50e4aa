"""What a run tells the person who waits."""

from __future__ import annotations


def say(*lines: object) -> None:
    for line in lines:
        print(line, flush=True)


def tell() -> None:
    """A dot for each object that was measured."""
    print(".", end="", flush=True)
