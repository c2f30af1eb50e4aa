"""Repack the selected items into parts of bounded size, for small uploads, and join them again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from .items import Item


def pack(items: list[Item], folder: Path, part_bytes: int = 60 * 2**20) -> list[Path]:
    """Write ``part-NN.zip`` files; each holds whole items and its share of the index. The pictures are stored as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[Path] = []
    archive: zipfile.ZipFile | None = None
    entries: list[dict] = []
    used = 0

    def close() -> None:
        nonlocal archive, entries, used
        if archive is not None:
            archive.writestr("items.json", json.dumps(entries))
            archive.close()
        archive, entries, used = None, [], 0

    for item in items:
        files = {f"items/{item.image_path.name}": item.image_path, f"items/{item.labels_path.name}": item.labels_path}
        # Names and headers of a ZIP take about 200 bytes per file, the index about as much.
        needed = sum(path.stat().st_size + 400 for path in files.values()) + 400
        if archive is not None and used + needed > part_bytes:
            close()
        if archive is None:
            parts.append(folder / f"part-{len(parts):02d}.zip")
            archive = zipfile.ZipFile(parts[-1], "w", zipfile.ZIP_STORED)
        for name, path in files.items():
            archive.write(path, name)
        entry = {"n": item.name, "src": item.source, "ids": list(item.ids), "licence": item.licence}
        entries.append(entry | {"thin": list(item.thin), "comp": list(item.composite)})
        used += needed
    close()
    return parts


def unpack(parts: list[Path], folder: Path) -> int:
    """Merge parts into the layout of the training data; parts may come one by one. Returns the items."""
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "items.json"
    entries = {entry["n"]: entry for entry in (json.loads(index.read_text("utf-8")) if index.is_file() else [])}
    for part in sorted(parts):
        with zipfile.ZipFile(part) as archive:
            entries |= {entry["n"]: entry for entry in json.loads(archive.read("items.json"))}
            archive.extractall(folder, [name for name in archive.namelist() if name != "items.json"])
    index.write_text(json.dumps(list(entries.values())), encoding="utf-8")
    return len(entries)
