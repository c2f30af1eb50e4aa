"""Golden files of FocalClick; see golden.py."""

import types

import numpy as np
import torch
from torch import nn

from . import focalclick, record_focalclick, toy
from . import golden_samples as golden
from . import model_folder as out

SIZE = 128
# Left, top, width, height: a starting mask in two parts, one of them far from the object.
START = [(80, 70, 50, 90), (230, 20, 40, 30)]


class Net(nn.Module):
    """The toys in the form in which the authors' predictor calls a network. The second look gets its input from the
    authors' code.
    """

    with_prev_mask = True

    def __init__(self, model_class):
        super().__init__()
        from isegm.model.ops import DistMaps

        self.coarse = toy.ToyCoarse()
        self.refiner = toy.ToyRefiner()
        self.dist_maps_base = DistMaps(norm_radius=5, spatial_scale=1.0, cpu_mode=False, use_disks=True)
        self.dist_maps_refine = DistMaps(norm_radius=5, spatial_scale=1.0, cpu_mode=False, use_disks=True)
        self.refine = types.MethodType(model_class.refine, self)

    def forward(self, image, points):
        maps = self.dist_maps_base(image, points)
        logits, feature = self.coarse(image[:, :3], torch.cat((image[:, 3:], maps), dim=1))
        return {"instances": logits, "feature": feature}


def folder(net):
    path = golden.FOLDER / "models" / "focalclick"
    maps = torch.zeros(1, 3, SIZE, SIZE)
    maps[:, :, 40:50, 60:70] = 1
    first = {"image": torch.rand(1, 3, SIZE, SIZE), "coord_features": maps}
    logits, feature = net.coarse(*first.values())
    second = {
        "image": first["image"],
        "click_maps": maps[:, 1:],
        "logits": logits,
        "feature": feature,
        "focus_box": torch.tensor([[10.0, 20.0, 90.0, 70.0]]),
    }
    refine = focalclick.Refine(net)
    graphs = {
        "coarse": out.export_graph(
            net.coarse, first, path / "coarse.onnx", ["logits", "feature"], legacy=True, opset=17
        ),
        "refine": out.export_graph(refine, second, path / "refine.onnx", ["refined_logits"], legacy=True, opset=17),
    }
    out.write_folder(
        path,
        family="focalclick",
        name="focalclick",
        version="1.0.0",
        description="A toy network for tests.",
        licence=golden.LICENCE,
        source=golden.SOURCE,
        threshold=focalclick.THRESHOLD,
        refinement=focalclick.REFINEMENT,
        graphs=graphs,
        options={"radius": 5, **focalclick.OPTIONS},
    )


def make(code):
    """Zoom-in at every click, focus, second look, pasting, only the focus after ten clicks, progressive merge."""
    classes = focalclick.use_checkout(code)
    image = golden.photo()
    truth = golden.truth_of(image.shape[:2])
    start = np.zeros(truth.shape, bool)
    for left, top, width, height in START:
        start[top : top + height, left : left + width] = True
    net = Net(classes["hrnet"])
    folder(net)
    cases = []
    for title, clicks, mask in [
        ("focus and paste; after ten clicks only the focus changes", 14, None),
        ("a starting mask, merged progressively", golden.CLICKS, start),
    ]:
        predictor = record_focalclick.focal_predictor(net, SIZE)
        answered = record_focalclick.evaluate_focal(predictor, image, truth, clicks, mask)
        steps = golden.sampled(answered["clicks"], answered["maps"], focalclick.THRESHOLD)
        for step, merged in zip(steps, answered["masks"]):
            step.update(area=int(merged.sum()), mask=golden.bits(merged))
        merge = {} if mask is None else {"progressiveMerge": {"whenUnchanged": "as-released"}}
        cases.append(
            {
                "title": title,
                "model": "focalclick",
                "threshold": focalclick.THRESHOLD,
                "refinement": merge,
                **({} if mask is None else {"start": START}),
                "steps": steps,
            }
        )
    golden.write("focalclick", cases)


MAKERS = {"focalclick": make}
