"""Golden files of the systems that encode a picture once: SAM, SAM 2 and SegNext. Run by `golden`."""

import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from . import model_folder as out
from . import toy, upstream
from .golden_samples import CLICKS, FOLDER, LICENCE, SOURCE, photo, sampled, truth_of, write

POINTS = {"point_coords": {1: "points"}, "point_labels": {1: "points"}}
MASKS = ["low_res_masks", "iou_predictions"]
# Around the object of `truth_of`, neither on pixels' edges nor on their centres.
BOX = [61.3, 58.6, 196.2, 205.4]


def prompt():
    return {
        "point_coords": torch.rand(1, 4, 2) * 200,
        "point_labels": torch.tensor([[1.0, 2.0, 3.0, -1.0]]),
        "mask_input": torch.rand(1, 1, 64, 64),
        "has_mask_input": torch.ones(1),
    }


def toy_folder(name, family, graphs, options, threshold):
    out.write_folder(
        FOLDER / "models" / name,
        family=family,
        name=name,
        version="1.0.0",
        description="A toy network for tests.",
        licence=LICENCE,
        source=SOURCE,
        threshold=threshold,
        refinement={"cascade": out.NO_CASCADE, "zoomIn": None, "flip": False},
        graphs=graphs,
        options=options,
    )


def recorded_clicks():
    """Clicks simulated around another toy, because the authors of SAM simulate none."""
    steps = json.loads((FOLDER / "golden" / "isegm.json").read_text())["cases"][0]["steps"]
    return [(row, column, label == "positive") for column, row, label in (step["click"] for step in steps)]


def segment(predictor, clicks, box):
    """Probability maps after the box, if there is one, and after each click. The chosen logits are fed back."""
    last, maps = None, []
    for count in range(0 if box else 1, len(clicks) + 1):
        coords = np.array([[column, row] for row, column, _ in clicks[:count]], dtype=np.float64)
        labels = np.array([int(positive) for _, _, positive in clicks[:count]])
        logits, scores, low = predictor.predict(
            point_coords=coords if count else None,
            point_labels=labels if count else None,
            box=np.array(box) if box else None,
            mask_input=last,
            multimask_output=count == 1 and not box,
            return_logits=True,
        )
        best = int(np.argmax(scores))
        last = low[best : best + 1]
        maps.append(1 / (1 + np.exp(-logits[best].astype(np.float64))))
    return maps


def prompted(name, predictor):
    predictor.set_image(photo())
    clicks = recorded_clicks()
    cases = [
        {
            "title": "three masks for one click, one from then on, logits fed back",
            "model": name,
            "threshold": 0.5,
            "refinement": {},
            "givenClicks": True,
            "steps": sampled(clicks, segment(predictor, clicks, None), 0.5),
        }
    ]
    after = clicks[:4]
    maps = segment(predictor, after, BOX)
    steps = sampled([(0, 0, True), *after], maps, 0.5)
    steps[0]["click"] = None
    cases.append(
        {
            "title": "a box, then clicks",
            "model": name,
            "threshold": 0.5,
            "refinement": {},
            "givenClicks": True,
            "box": BOX,
            "steps": steps,
        }
    )
    write(name, cases)


class Prompts(nn.Module):
    """Passes prompts to the toy's decoder, as one list of points with labels."""

    def forward(self, points, boxes, masks):
        coords, labels = points if points is not None else (torch.zeros(1, 0, 2), torch.zeros(1, 0))
        labels = labels.float()
        if boxes is None:
            coords = torch.cat((coords, torch.zeros(1, 1, 2)), dim=1)
            labels = torch.cat((labels, -torch.ones(1, 1)), dim=1)
        else:
            coords = torch.cat((coords, boxes.reshape(1, 2, 2)), dim=1)
            labels = torch.cat((labels, torch.tensor([[2.0, 3.0]])), dim=1)
        return (coords, labels), masks

    def get_dense_pe(self):
        return None


def fed_back(masks):
    return (torch.zeros(1, 1, 64, 64), torch.zeros(1)) if masks is None else (masks, torch.ones(1))


def sam(code):
    """SAM: resizing, padding, points and boxes, the choice by the number of clicks, logits fed back, enlargement."""
    upstream.use_checkout(code)
    from segment_anything import SamPredictor
    from segment_anything.modeling import Sam

    class Decoder(nn.Module):
        def forward(
            self, image_embeddings, image_pe, sparse_prompt_embeddings, dense_prompt_embeddings, multimask_output
        ):
            masks, scores = toy.ToyDecoder()(
                image_embeddings, *sparse_prompt_embeddings, *fed_back(dense_prompt_embeddings)
            )
            part = slice(1, None) if multimask_output else slice(0, 1)
            return masks[:, part], scores[:, part]

    folder = FOLDER / "models" / "sam"
    encoder = out.export_graph(
        toy.ToyEncoder(), {"image": torch.rand(1, 3, 256, 256)}, folder / "encoder.onnx", ["image_embeddings"]
    )
    inputs = {"image_embeddings": torch.rand(1, 3, 64, 64), **prompt()}
    decoder = out.export_graph(
        toy.ToyDecoder(),
        inputs,
        folder / "decoder.onnx",
        MASKS,
        POINTS,
        legacy=True,
        opset=17,
        shapes={MASKS[0]: [1, 4, 64, 64], MASKS[1]: [1, 4]},
    )
    toy_folder("sam", "sam", {"encoder": encoder, "decoder": decoder}, {}, 0.5)
    prompted("sam", SamPredictor(Sam(toy.ToyEncoder(), Prompts(), Decoder())))


def sam2(code):
    """SAM 2: resampling in floats, points and boxes, the choice with its test of stability, limited logits fed back."""
    from . import sam2 as exporter

    exporter.use_checkout(code)
    from sam2.modeling.sam.mask_decoder import MaskDecoder
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    stable = []

    class Decoder(MaskDecoder):
        """The authors' code, except for the network itself."""

        def __init__(self):
            nn.Module.__init__(self)
            self.dynamic_multimask_via_stability = True
            self.dynamic_multimask_stability_delta = exporter.STABILITY["delta"]
            self.dynamic_multimask_stability_thresh = exporter.STABILITY["threshold"]
            self.use_multimask_token_for_obj_ptr = False

        def predict_masks(
            self,
            image_embeddings,
            image_pe,
            sparse_prompt_embeddings,
            dense_prompt_embeddings,
            repeat_image,
            high_res_features,
        ):
            masks, scores = toy.ToyFineDecoder()(
                *high_res_features, image_embeddings, *sparse_prompt_embeddings, *fed_back(dense_prompt_embeddings)
            )
            stable.append(bool(self._get_stability_scores(masks[:, :1]) >= exporter.STABILITY["threshold"]))
            return masks, scores, torch.zeros(1, 4, 1), None

    class Model(nn.Module):
        image_size = 256
        device = torch.device("cpu")
        directly_add_no_mem_embed = False

        def __init__(self):
            super().__init__()
            self.sam_prompt_encoder = Prompts()
            self.sam_mask_decoder = Decoder()

        def forward_image(self, image):
            return toy.ToyFineEncoder()(image)

        def _prepare_backbone_features(self, features):
            return None, [map_.flatten(2).permute(2, 0, 1) for map_ in features], None, None

    folder = FOLDER / "models" / "sam2"
    features = exporter.FEATURES
    encoder = out.export_graph(
        toy.ToyFineEncoder(), {"image": torch.rand(1, 3, 256, 256)}, folder / "encoder.onnx", features
    )
    inputs = {name: torch.rand(1, 3, side, side) for name, side in zip(features, (64, 32, 16))}
    decoder = out.export_graph(
        toy.ToyFineDecoder(),
        {**inputs, **prompt()},
        folder / "decoder.onnx",
        MASKS,
        POINTS,
        legacy=True,
        opset=17,
        shapes={MASKS[0]: [1, 4, 64, 64], MASKS[1]: [1, 4]},
    )
    toy_folder("sam2", "sam2", {"encoder": encoder, "decoder": decoder}, {"stability": exporter.STABILITY}, 0.5)
    predictor = SAM2ImagePredictor(Model().eval())
    predictor._bb_feat_sizes = [(64, 64), (32, 32), (16, 16)]
    # The predictor appends the padding point in its prompt encoder, and gives boxes as points.
    prompted("sam2", predictor)
    assert len(set(stable)) == 2, "Expected stable and unstable masks among the golden ones."


def segnext(code):
    """SegNext: resampling, rounded clicks, previous probabilities at the picture's size, simulated clicks."""
    from . import segnext as exporter

    upstream.use_checkout(code, "segnext")
    from isegm.inference import evaluation
    from isegm.inference.predictor import BasePredictor
    from isegm.model.is_plainvit_model import PlainVitModel
    from isegm.model.ops import BatchImageNormalize, DistMaps

    class Backbone(nn.Module):
        def forward(self, image, keep_shape):
            return image

    class Pixels(nn.Module):
        """Every pixel is a token."""

        patch_size = (1, 1)

        def forward(self, maps):
            return maps.flatten(2).transpose(1, 2)

    class Head(nn.Module):
        def forward(self, pair):
            return toy.ToyDense()(*pair)

    class Net(PlainVitModel):
        """The authors' code, except for the network itself."""

        device = torch.device("cpu")

        def __init__(self):
            nn.Module.__init__(self)
            self.normalization = BatchImageNormalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
            self.dist_maps = DistMaps(norm_radius=exporter.RADIUS, spatial_scale=1.0, use_disks=True)
            self.backbone, self.visual_prompts_encoder = Backbone(), Pixels()
            self.neck, self.head = nn.Identity(), Head()
            self.target_length = 256

        def fusion(self, image_feats, prompt_feats):
            return image_feats, prompt_feats

    class Decoder(nn.Module):
        def forward(self, image_feats, prompt_mask):
            return F.interpolate(
                toy.ToyDense()(image_feats, prompt_mask), size=256, mode="bilinear", align_corners=True
            )

    net = Net()
    folder = FOLDER / "models" / "segnext"
    encoder = out.export_graph(
        exporter.Encoder(net), {"image": torch.rand(1, 3, 256, 256)}, folder / "encoder.onnx", ["image_feats"]
    )
    inputs = {"image_feats": torch.rand(1, 3, 256, 256), "prompt_mask": torch.rand(1, 3, 256, 256)}
    decoder = out.export_graph(
        Decoder(),
        inputs,
        folder / "decoder.onnx",
        ["logits"],
        legacy=True,
        opset=17,
        shapes={"logits": [1, 1, 256, 256]},
    )
    toy_folder("segnext", "segnext", {"encoder": encoder, "decoder": decoder}, {"radius": exporter.RADIUS}, 0.49)
    image = photo()
    clicks, maps = [], []

    def note(image, truth, probabilities, sample, count, made):
        maps.append(probabilities)
        clicks[:] = [(*click.coords, click.is_positive) for click in made]

    evaluation.evaluate_sample(
        image, truth_of(image.shape[:2]), BasePredictor(net), max_iou_thr=2.0, max_clicks=CLICKS, callback=note
    )
    write(
        "segnext",
        [
            {
                "title": "previous probabilities through the picture's size",
                "model": "segnext",
                "threshold": 0.49,
                "refinement": {},
                "steps": sampled(clicks, maps, 0.49),
            }
        ],
    )


MAKERS = {"sam": sam, "sam2": sam2, "segnext": segnext}
