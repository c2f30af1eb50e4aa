"""Shared by the exporters of SAM and SAM 2: example prompts, graphs, and random weights that react to prompts."""

import torch

from . import model_folder as out

OUTPUTS = ["low_res_masks", "iou_predictions"]


def prompt(labels, low, side=1024):
    """A prompt with these labels, the corners of a box (2, 3) first, and random last logits."""
    generator = torch.Generator().manual_seed(len(labels))
    random = lambda *shape: torch.rand(*shape, generator=generator)
    return {
        "point_coords": random(1, len(labels), 2) * (side - 24),
        "point_labels": torch.tensor([labels], dtype=torch.float32),
        "mask_input": random(1, 1, low, low) * 8 - 4,
        "has_mask_input": torch.ones(1),
    }


def export(arguments, encoder, decoder, image, features, repeats=3):
    """Writes both graphs, and returns their paths and parity. features: names of the encoder's outputs."""
    with torch.no_grad():
        maps = encoder(image["image"])
    maps = dict(zip(features, maps if isinstance(maps, tuple) else (maps,)))
    low = decoder.low
    encoder_path = out.export_graph(encoder, image, arguments.out / "encoder.onnx", features, legacy=True, opset=17)
    example = {**maps, **prompt([2, 3, 1, -1], low)}
    points = {"point_coords": {1: "points"}, "point_labels": {1: "points"}}
    with torch.no_grad():
        count = decoder(*example.values())[0].shape[1]
    decoder_path = out.export_graph(
        decoder,
        example,
        arguments.out / "decoder.onnx",
        OUTPUTS,
        points,
        legacy=True,
        opset=17,
        shapes={OUTPUTS[0]: [1, count, low, low], OUTPUTS[1]: [1, count]},
    )
    unguided = {**maps, **prompt([1, -1], low)}
    unguided["has_mask_input"] = torch.zeros(1)
    cases = [unguided, {**maps, **prompt([2, 3], low)}, {**maps, **prompt([1, 0, 0, 1, 0, 1, -1], low)}]
    parity = {
        "encoder": out.compare(encoder, encoder_path, [image], features, repeats),
        "decoder": out.compare(decoder, decoder_path, cases, OUTPUTS, repeats),
    }
    return {"encoder": encoder_path, "decoder": decoder_path}, parity


def enliven_masks(mask_decoder, run, spread=3.0):
    """Scales and shifts the mask tokens' results, so that the logits of `run()` have mean 0 and this spread."""
    kept = {}
    hook = mask_decoder.output_upscaling[-1].register_forward_hook(lambda _, __, value: kept.update(features=value))
    with torch.no_grad():
        for _ in range(3):
            masks = run()
            feature = kept["features"].mean(dim=(0, 2, 3))
            for token, network in enumerate(mask_decoder.output_hypernetworks_mlps):
                factor = spread / float(masks[0, token].std())
                shift = -factor * float(masks[0, token].mean()) / float(feature @ feature)
                network.layers[-1].weight.mul_(factor)
                network.layers[-1].bias.mul_(factor).add_(shift * feature)
    hook.remove()


def write_folder(arguments, graphs, parity, *, family, name, licence, options):
    random = not arguments.checkpoint
    out.write_folder(
        arguments.out,
        family=family,
        name=arguments.name or name,
        version="1.0.0",
        description=f"{name}{', random weights' if random else ''}",
        licence=licence,
        source={"text": "Random weights, for tests." if random else "The authors' checkpoint.", "url": licence["url"]},
        threshold=0.5,
        refinement={"cascade": out.NO_CASCADE, "zoomIn": None, "flip": False},
        graphs=graphs,
        options=options,
        parity=parity,
    )
