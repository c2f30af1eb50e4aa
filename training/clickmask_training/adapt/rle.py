"""Run lengths of masks as COCO and Label Studio store them."""

from __future__ import annotations

import numpy as np

MOST_PIXELS = 64_000_000
"""Larger pictures are refused: a few bytes of run lengths can stand for any number of pixels."""


def check_pixels(width: int, height: int) -> None:
    """Raise ``ValueError`` for a size that no picture here has."""
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise ValueError(f"a mask of {width} x {height} px; expected 1 to {MOST_PIXELS} pixels")


def from_counts(counts: list[int], height: int, width: int, order: str) -> np.ndarray:
    """Mask uint8 (height, width) of alternating runs that begin with background; ``order`` as numpy's ``C`` or ``F``."""
    check_pixels(width, height)
    runs = np.asarray(counts, np.int64)
    if runs.ndim != 1 or (runs < 0).any() or int(runs.sum()) != height * width:
        raise ValueError(f"run lengths that do not add up to {width} x {height} px")
    values = np.arange(len(runs), dtype=np.int64) % 2
    return np.repeat(values, runs).astype(np.uint8).reshape((height, width), order=order)


def coco_counts(text: str) -> list[int]:
    """The counts of COCO's compressed text: six bits a character, as differences to the count two before."""
    counts: list[int] = []
    position = 0
    while position < len(text):
        value, shift, more = 0, 0, True
        while more:
            if position >= len(text) or shift > 60:
                raise ValueError("COCO run lengths that end in the middle of a number")
            bits = ord(text[position]) - 48
            position += 1
            value |= (bits & 0x1F) << shift
            more = bool(bits & 0x20)
            shift += 5
            if not more and bits & 0x10:
                value |= -1 << shift
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
    return counts


def label_studio(rle: list[int], height: int, width: int) -> np.ndarray:
    """Mask uint8 (height, width) of a brush region: run lengths of RGBA bytes, of which alpha counts.

    A header (number of values, word size, four lengths), then runs: a repeated value, or values as they are.
    """
    check_pixels(width, height)
    bits = _Bits(bytes(rle))
    total = bits.take(32)
    if total != 4 * width * height:
        raise ValueError(f"a brush of {total} values for {width} x {height} px, which have {4 * width * height}")
    word = bits.take(5) + 1
    lengths = [bits.take(4) + 1 for _ in range(4)]
    values = np.zeros(total, np.uint8)
    done = 0
    while done < total:
        repeated = bits.take(1)
        count = bits.take(lengths[bits.take(2)]) + 1
        end = min(total, done + count)
        if repeated:
            values[done:end] = bits.take(word) & 0xFF
        else:
            values[done:end] = [bits.take(word) & 0xFF for _ in range(end - done)]
        done = end
    return (values.reshape(height, width, 4)[..., 3] > 0).astype(np.uint8)


class _Bits:
    """Bits of a byte string, highest first."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def take(self, count: int) -> int:
        first, last = self.position >> 3, (self.position + count + 7) >> 3
        if last > len(self.data):
            raise ValueError("brush run lengths that end too early")
        value = int.from_bytes(self.data[first:last], "big")
        value >>= 8 * last - self.position - count
        self.position += count
        return value & ((1 << count) - 1)
