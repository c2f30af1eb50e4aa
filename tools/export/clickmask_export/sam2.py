"""SAM 2 on pictures: image encoder with its finer features, and decoder, each a graph."""

import importlib
import re
import sys
import types

import torch
from torch import nn

from . import prompt_graphs, random_weights, upstream

LICENCE = {"id": "Apache-2.0", "url": "https://github.com/facebookresearch/sam2", "commercialUse": True}
FEATURES = ["high_res_feats_0", "high_res_feats_1", "image_embed"]
# The authors' configurations; the default first.
VARIANTS = {
    "sam2.1-hiera-tiny": "sam2.1/sam2.1_hiera_t",
    "sam2.1-hiera-small": "sam2.1/sam2.1_hiera_s",
    "sam2.1-hiera-base-plus": "sam2.1/sam2.1_hiera_b+",
    "sam2.1-hiera-large": "sam2.1/sam2.1_hiera_l",
    "sam2-hiera-tiny": "sam2/sam2_hiera_t",
    "sam2-hiera-small": "sam2/sam2_hiera_s",
    "sam2-hiera-base-plus": "sam2/sam2_hiera_b+",
    "sam2-hiera-large": "sam2/sam2_hiera_l",
    "tiny": "sam2.1/sam2.1_hiera_t",
}
# What the authors' `build_sam2` adds to every configuration.
STABILITY = {"delta": 0.05, "threshold": 0.98}


class Encoder(nn.Module):
    """What the authors' image predictor keeps of a picture."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        fine, middle, coarse = self.model.forward_image(image)["backbone_fpn"]
        if self.model.directly_add_no_mem_embed:
            coarse = coarse + self.model.no_mem_embed.reshape(1, -1, 1, 1)
        return fine, middle, coarse


class Decoder(nn.Module):
    """All mask tokens at low resolution. Choice, limits and enlargement happen outside."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.low = model.sam_prompt_encoder.mask_input_size[0]

    def forward(
        self, high_res_feats_0, high_res_feats_1, image_embed, point_coords, point_labels, mask_input, has_mask_input
    ):
        prompts = self.model.sam_prompt_encoder
        known = has_mask_input.reshape(1, 1, 1, 1)
        dense = known * prompts._embed_masks(mask_input) + (1 - known) * prompts.no_mask_embed.weight.reshape(
            1, -1, 1, 1
        )
        masks, scores, _, _ = self.model.sam_mask_decoder.predict_masks(
            image_embeddings=image_embed,
            image_pe=prompts.get_dense_pe(),
            sparse_prompt_embeddings=self.points(point_coords, point_labels),
            dense_prompt_embeddings=dense,
            repeat_image=False,
            high_res_features=[high_res_feats_0, high_res_feats_1],
        )
        return masks, scores

    def points(self, coords, labels):
        """The authors' embedding of points, as sums instead of choices."""
        prompts = self.model.sam_prompt_encoder
        label = labels[..., None]
        place = prompts.pe_layer._pe_encoding((coords + 0.5) / self.model.image_size)
        embedded = place * (label != -1) + prompts.not_a_point_embed.weight * (label == -1)
        for number, known in enumerate(prompts.point_embeddings):
            embedded = embedded + known.weight * (label == number)
        return embedded


def use_checkout(code):
    root = upstream.use_checkout(code)
    # Without the configuration framework that the package starts on import.
    package = types.ModuleType("sam2")
    package.__path__ = [str(root / "sam2")]
    sys.modules["sam2"] = package
    return root


def made(value):
    """Builds what a configuration describes: objects by their `_target_`, and numbers that YAML reads as text."""
    if isinstance(value, list):
        return [made(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"[0-9.]+e-?[0-9]+", value):
        return float(value)
    if not isinstance(value, dict):
        return value
    parts = {key: made(item) for key, item in value.items() if key != "_target_"}
    if "_target_" not in value:
        return parts
    module, name = value["_target_"].rsplit(".", 1)
    return getattr(importlib.import_module(module), name)(**parts)


def shrink(config):
    """The authors' classes in a small size for tests, without what only videos need."""
    encoder = config["image_encoder"]
    encoder["trunk"].update(embed_dim=8, stages=[1, 1, 2, 1], global_att_blocks=[3])
    encoder["neck"].update(d_model=32, backbone_channel_list=[64, 32, 16, 8])
    encoder["neck"]["position_encoding"]["num_pos_feats"] = 32
    config.update(memory_attention=nn.Identity(), memory_encoder=nn.Identity())


def build(arguments):
    import yaml

    variant = arguments.variant or next(iter(VARIANTS))
    if variant not in VARIANTS:
        raise SystemExit(f"Expected --variant {', '.join(VARIANTS)} but received {variant}.")
    root = use_checkout(arguments.code)
    config = yaml.safe_load((root / "sam2" / "configs" / f"{VARIANTS[variant]}.yaml").read_text())["model"]
    if variant == "tiny":
        shrink(config)
    config["sam_mask_decoder_extra_args"] = {
        "dynamic_multimask_via_stability": True,
        "dynamic_multimask_stability_delta": STABILITY["delta"],
        "dynamic_multimask_stability_thresh": STABILITY["threshold"],
    }
    random_weights.seed(arguments.random or 0)
    model = made(config).eval()
    if arguments.checkpoint:
        model.load_state_dict(upstream.load_state(arguments.checkpoint)[1])
    else:
        nn.init.normal_(model.image_encoder.trunk.pos_embed, std=0.02)
        nn.init.normal_(model.image_encoder.trunk.pos_embed_window, std=0.02)
    encoder, decoder = Encoder(model).eval(), Decoder(model).eval()
    if not arguments.checkpoint:
        with torch.no_grad():
            features = encoder(picture()["image"])
        run = lambda: decoder(*features, *prompt_graphs.prompt([1, -1], decoder.low).values())[0]
        prompt_graphs.enliven_masks(model.sam_mask_decoder, run)
    return model, encoder, decoder


def picture():
    return {"image": (random_weights.test_picture(1024, 1024) - 0.45) / 0.225}


def export(system, arguments):
    model, encoder, decoder = build(arguments)
    graphs, parity = prompt_graphs.export(arguments, encoder, decoder, picture(), FEATURES)
    variant = arguments.variant or next(iter(VARIANTS))
    prompt_graphs.write_folder(
        arguments,
        graphs,
        parity,
        family="sam2",
        name="sam2-tiny" if variant == "tiny" else variant,
        licence=LICENCE,
        options={"singleClick": "best", "stability": STABILITY},
    )
    return model, parity
