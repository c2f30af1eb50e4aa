"""Segment Anything, HQ-SAM and MobileSAM: image encoder and decoder, each a graph."""

import importlib
from functools import partial

import torch
from torch import nn

from . import prompt_graphs, random_weights, upstream

# Package of the authors' code, licence, variants (the default first).
SYSTEMS = {
    "sam": (
        "segment_anything",
        {"id": "Apache-2.0", "url": "https://github.com/facebookresearch/segment-anything", "commercialUse": True},
        ["vit_b", "vit_l", "vit_h", "tiny"],
    ),
    "hq-sam": (
        "segment_anything",
        {"id": "Apache-2.0", "url": "https://github.com/SysCV/sam-hq", "commercialUse": True},
        ["vit_b", "vit_l", "vit_h", "vit_tiny", "tiny"],
    ),
    "mobile-sam": (
        "mobile_sam",
        {"id": "Apache-2.0", "url": "https://github.com/ChaoningZhang/MobileSAM", "commercialUse": True},
        ["vit_t"],
    ),
}


class Encoder(nn.Module):
    """HQ-SAM's also returns its earliest features. The others' are the authors', unchanged."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, image):
        answer = self.encoder(image)
        return (answer[0], answer[1][0][None]) if isinstance(answer, tuple) else answer


class Decoder(nn.Module):
    """All mask tokens at low resolution. Choice and enlargement happen outside."""

    def __init__(self, model, package):
        super().__init__()
        self.parts = importlib.import_module(f"{package}.utils.onnx").SamOnnxModel(model, False)
        self.low = 4 * model.prompt_encoder.image_embedding_size[0]

    def forward(self, image_embeddings, *rest):
        *early, point_coords, point_labels, mask_input, has_mask_input = rest
        decoder = self.parts.mask_decoder
        more = {}
        if early:
            features = early[0][0].permute(0, 3, 1, 2)
            more = {"hq_features": decoder.embedding_encoder(image_embeddings) + decoder.compress_vit_feat(features)}
        masks, scores = decoder.predict_masks(
            image_embeddings=image_embeddings,
            image_pe=self.parts.model.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=self.parts._embed_points(point_coords, point_labels),
            dense_prompt_embeddings=self.parts._embed_masks(mask_input, has_mask_input),
            **more,
        )
        # HQ-SAM corrects each of SAM's masks by its own.
        return (masks[:, :-1] + masks[:, -1:], scores) if early else (masks, scores)


def tiny(package):
    """The authors' classes in a small size for tests."""
    modeling = importlib.import_module(f"{package}.modeling")
    transformer = modeling.TwoWayTransformer(depth=2, embedding_dim=32, mlp_dim=64, num_heads=2)
    decoder = dict(
        num_multimask_outputs=3, transformer=transformer, transformer_dim=32, iou_head_depth=3, iou_head_hidden_dim=32
    )
    is_hq = hasattr(modeling, "MaskDecoderHQ")
    return modeling.Sam(
        image_encoder=modeling.ImageEncoderViT(
            depth=2,
            embed_dim=32,
            img_size=1024,
            mlp_ratio=2,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            num_heads=2,
            patch_size=16,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=(0,) if is_hq else (),
            window_size=14,
            out_chans=32,
        ),
        prompt_encoder=modeling.PromptEncoder(
            embed_dim=32, image_embedding_size=(64, 64), input_image_size=(1024, 1024), mask_in_chans=16
        ),
        mask_decoder=modeling.MaskDecoderHQ(**decoder, vit_dim=32) if is_hq else modeling.MaskDecoder(**decoder),
    )


def picture():
    return {"image": (random_weights.test_picture(1024, 1024) - 0.45) / 0.225}


def build(system, arguments):
    package, _, variants = SYSTEMS[system]
    variant = arguments.variant or variants[0]
    if variant not in variants:
        raise SystemExit(f"Expected --variant {', '.join(variants)} for {system} but received {variant}.")
    upstream.use_checkout(arguments.code)
    registry = importlib.import_module(package).sam_model_registry
    random_weights.seed(arguments.random or 0)
    model = tiny(package) if variant == "tiny" else registry[variant]()
    model.eval()
    encoder, decoder = Encoder(model.image_encoder).eval(), Decoder(model, package).eval()
    if arguments.checkpoint:
        model.load_state_dict(upstream.load_state(arguments.checkpoint)[1])
    else:
        with torch.no_grad():
            features = encoder(picture()["image"])
        features = features if isinstance(features, tuple) else (features,)
        run = lambda: decoder(*features, *prompt_graphs.prompt([1, -1], decoder.low).values())[0]
        prompt_graphs.enliven_masks(model.mask_decoder, run)
    return model, encoder, decoder


def export(system, arguments):
    model, encoder, decoder = build(system, arguments)
    _, licence, variants = SYSTEMS[system]
    features = ["image_embeddings", "interm_embeddings"] if system == "hq-sam" else ["image_embeddings"]
    graphs, parity = prompt_graphs.export(arguments, encoder, decoder, picture(), features)
    variant = (arguments.variant or variants[0]).replace("_", "-")
    prompt_graphs.write_folder(
        arguments,
        graphs,
        parity,
        family="sam",
        name=f"{system}-{variant}",
        licence=licence,
        options={"singleClick": "first" if system == "hq-sam" else "best"},
    )
    return model, parity
