"""RoiAlign with half-pixel corners: the same values as torchvision's `roi_align(aligned=True)`, one sample a cell and more
where a cell is larger than a pixel, and ONNX's own operator (opset 16) when exported."""

import math

import torch


def axis_weights(start, end, cells, size):
    """[cells, size]: the weight of each input position for each cell along one axis; all in single precision."""
    step = (end - start) / cells
    samples = max(1, math.ceil(float(step)))
    positions = start + step * (torch.arange(cells)[:, None] + (torch.arange(samples)[None, :] + 0.5) / samples)
    weights = torch.zeros(cells, size)
    for sample in range(samples):
        at = positions[:, sample]
        inside = ((at >= -1) & (at <= size)).float() / samples
        at = at.clamp(0, size - 1)
        low = at.floor().long()
        high = (low + 1).clamp(max=size - 1)
        weights.scatter_add_(1, low[:, None], ((1 - (at - low)) * inside)[:, None])
        weights.scatter_add_(1, high[:, None], ((at - low) * inside)[:, None])
    return weights


class RoiAlign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, features, box, cells, scale):
        """features [1, C, H, W]; box [1, 4]: left, top, right, bottom. Result [1, C, *cells]."""
        left, top, right, bottom = box[0] * scale - 0.5
        across = axis_weights(left, right, cells[1], features.shape[3])
        down = axis_weights(top, bottom, cells[0], features.shape[2])
        return down @ features @ across.T

    @staticmethod
    def symbolic(graph, features, box, cells, scale):
        first = graph.op("Constant", value_t=torch.zeros(1, dtype=torch.int64))
        return graph.op(
            "RoiAlign",
            features,
            box,
            first,
            mode_s="avg",
            output_height_i=cells[0],
            output_width_i=cells[1],
            sampling_ratio_i=0,
            spatial_scale_f=scale,
            coordinate_transformation_mode_s="half_pixel",
        )


def roi_align(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
    """Replaces torchvision's, for one picture: boxes [1, 5] with the picture's number first."""
    assert aligned and sampling_ratio == -1 and boxes.shape[0] == 1
    return RoiAlign.apply(features, boxes[:, 1:], [int(size) for size in output_size], float(spatial_scale))
