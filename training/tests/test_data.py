"""Licences, items, data check, packing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from clickmask_training.check import find_problems, summary
from clickmask_training.items import (
    HELD_BACK,
    HOLD_OUT_SOURCES,
    SOURCE_FACTORS,
    read_items,
    sampling_weights,
    select_items,
)
from clickmask_training.licences import RIGHTS, Rights, rights_of
from clickmask_training.pack import pack, unpack

RENDERED = {"emoji3d", "rbook", "rend", "rhosp", "rhouse", "rout", "rware"}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "training-640"


def test_unclear_remarks_are_not_clear():
    for statement, rights in RIGHTS.items():
        if any(remark in statement for remark in ("none stated", "not stated", "states none")):
            assert rights is not Rights.CLEAR, statement


def test_unknown_statement_is_an_error():
    with pytest.raises(ValueError, match="not classified"):
        rights_of("all rights reserved")


def test_selection(data: Path):
    items = read_items(data)
    assert {item.source for item in select_items(items)} == {"pets", "ccp"}
    assert {item.source for item in select_items(items, "strict")} == {"pets"}
    assert {item.source for item in select_items(items, "all")} == {"pets", "ccp", "sysu"}
    assert {item.source for item in select_items(items, held_out=True)} == {"microctl"}


def test_sampling_is_by_source(data: Path):
    items = select_items(read_items(data), "all")
    weights = sampling_weights(items, cap=2)
    assert weights.sum() == pytest.approx(1.0)
    share = {source: sum(w for item, w in zip(items, weights) if item.source == source) for source in ("pets", "ccp")}
    # Three pictures are capped to two, so that only the sources' factors are left.
    assert share["pets"] / SOURCE_FACTORS["pets"] == pytest.approx(share["ccp"] / SOURCE_FACTORS["ccp"])


def test_a_source_can_have_a_fixed_share(data: Path):
    items = select_items(read_items(data), "all")
    weights = sampling_weights(items, shares={"pets": 0.3, "absent": 0.5})
    of = lambda source: sum(w for item, w in zip(items, weights) if item.source == source)
    assert weights.sum() == pytest.approx(1.0) and of("pets") == pytest.approx(0.3)
    plain = sampling_weights([item for item in items if item.source != "pets"])
    assert [w for item, w in zip(items, weights) if item.source != "pets"] == pytest.approx(list(0.7 * plain))
    assert sampling_weights(items[:2], shares={"pets": 0.3}) == pytest.approx([0.5, 0.5])


def test_check_finds_what_is_broken(data: Path, tmp_path: Path):
    broken = tmp_path / "data"
    shutil.copytree(data, broken)
    (broken / "items" / "pets_0.webp").write_bytes(b"no picture")
    entries = json.loads((broken / "items.json").read_text())
    entries[1]["ids"] = [1, 9]
    (broken / "items.json").write_text(json.dumps(entries))
    problems = find_problems(read_items(broken))
    assert len(problems) == 2
    assert "pets_0.webp" in problems[0] and "pets_1" in problems[1]
    assert find_problems(read_items(data)) == []


def test_pack_and_unpack(data: Path, tmp_path: Path):
    items = read_items(data)
    parts = pack(items, tmp_path / "parts", part_bytes=30_000)
    assert len(parts) > 1 and all(part.stat().st_size <= 30_000 for part in parts)
    for part in reversed(parts):
        unpack([part], tmp_path / "back")
    back = read_items(tmp_path / "back")
    known = {item.name: item for item in items}
    assert len(back) == len(items)
    assert all(item.thin == known[item.name].thin and item.ids == known[item.name].ids for item in back)
    assert find_problems(back) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared training data is not here")
def test_shared_data_is_classified_and_held_out():
    items = read_items(SHARED)
    trained, held_out = select_items(items), select_items(items, held_out=True)
    assert HOLD_OUT_SOURCES.keys() <= {item.source for item in held_out}
    assert HOLD_OUT_SOURCES.keys().isdisjoint(item.source for item in trained)
    assert HELD_BACK.keys() <= {item.source for item in trained} & {item.source for item in held_out}
    assert not {item.name for item in trained} & {item.name for item in held_out}
    assert {item.source for item in trained} >= SOURCE_FACTORS.keys()
    weights = sampling_weights(trained)
    assert sum(weight for item, weight in zip(trained, weights) if item.source in RENDERED) < 0.15
    assert "training" in summary(items)
