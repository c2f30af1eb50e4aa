"""Segment Anything: image encoder and decoder, each a graph."""
from functools import partial

import torch
from torch import nn

from . import model_folder as out
from . import random_weights, upstream

LICENCE = {'id': 'Apache-2.0', 'url': 'https://github.com/facebookresearch/segment-anything', 'commercialUse': True}
DECODER = ['image_embeddings', 'point_coords', 'point_labels', 'mask_input', 'has_mask_input']


class Decoder(nn.Module):
    """All mask tokens at low resolution; choice and enlargement are made outside."""

    def __init__(self, model):
        super().__init__()
        from segment_anything.utils.onnx import SamOnnxModel
        self.parts = SamOnnxModel(model, return_single_mask=False)

    def forward(self, image_embeddings, point_coords, point_labels, mask_input, has_mask_input):
        return self.parts.mask_decoder.predict_masks(
            image_embeddings=image_embeddings,
            image_pe=self.parts.model.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=self.parts._embed_points(point_coords, point_labels),
            dense_prompt_embeddings=self.parts._embed_masks(mask_input, has_mask_input))


def tiny():
    """The authors' classes at the size of a test."""
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
    return Sam(
        image_encoder=ImageEncoderViT(depth=2, embed_dim=32, img_size=1024, mlp_ratio=2,
                                      norm_layer=partial(nn.LayerNorm, eps=1e-6), num_heads=2, patch_size=16,
                                      qkv_bias=True, use_rel_pos=True, global_attn_indexes=(), window_size=14,
                                      out_chans=32),
        prompt_encoder=PromptEncoder(embed_dim=32, image_embedding_size=(64, 64), input_image_size=(1024, 1024),
                                     mask_in_chans=16),
        mask_decoder=MaskDecoder(num_multimask_outputs=3, transformer_dim=32, iou_head_depth=3, iou_head_hidden_dim=32,
                                 transformer=TwoWayTransformer(depth=2, embedding_dim=32, mlp_dim=64, num_heads=2)),
    )


def build(arguments):
    upstream.use_checkout(arguments.code)
    from segment_anything import sam_model_registry
    random_weights.seed(arguments.random or 0)
    variant = arguments.variant or 'vit_b'
    model = tiny() if variant == 'tiny' else sam_model_registry[variant]()
    if arguments.checkpoint:
        model.load_state_dict(upstream.load_state(arguments.checkpoint)[1])
    return model.eval()


def points(count, dim):
    return {
        'image_embeddings': torch.randn(1, dim, 64, 64),
        'point_coords': torch.rand(1, count, 2) * 1000,
        'point_labels': torch.tensor([[float(i % 2) for i in range(count - 1)] + [-1.0]]),
        'mask_input': torch.randn(1, 1, 256, 256),
        'has_mask_input': torch.ones(1),
    }


def export(system, arguments):
    model = build(arguments)
    variant = arguments.variant or 'vit_b'
    dim = model.prompt_encoder.embed_dim
    image = {'image': (random_weights.test_picture(1024, 1024) - 0.45) / 0.225}
    encoder = out.export_graph(model.image_encoder, image, arguments.out / 'encoder.onnx', ['image_embeddings'],
                               legacy=True, opset=17)
    outputs = ['low_res_masks', 'iou_predictions']
    decoder = out.export_graph(Decoder(model).eval(), points(4, dim), arguments.out / 'decoder.onnx', outputs,
                               {'point_coords': {1: 'points'}, 'point_labels': {1: 'points'}}, legacy=True, opset=17,
                               shapes={'low_res_masks': [1, 4, 256, 256], 'iou_predictions': [1, 4]})
    parity = {
        'encoder': out.compare(model.image_encoder, encoder, [image], ['image_embeddings'], 1),
        'decoder': out.compare(Decoder(model).eval(), decoder, [points(2, dim), points(9, dim)], outputs, 1),
    }
    out.write_folder(
        arguments.out, family='sam', name=arguments.name or f'sam-{variant.replace("_", "-")}', version='1.0.0',
        description=f'SAM {variant}{"" if arguments.checkpoint else ", random weights"}', licence=LICENCE,
        source={'text': "The authors' checkpoint." if arguments.checkpoint else 'Random weights, for tests.',
                'url': LICENCE['url']},
        threshold=0.5, refinement={'cascade': out.NO_CASCADE, 'zoomIn': None, 'flip': False},
        graphs={'encoder': encoder, 'decoder': decoder}, options={}, parity=parity)
    return model, parity
