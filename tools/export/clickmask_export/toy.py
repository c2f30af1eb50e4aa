"""A network of a few operations that stands in for the published ones in golden tests.

It takes what the isegm family takes and answers by colour: what looks like the places clicked as object, unlike those
clicked as background, near to the clicks, and much like before. Small enough to be kept beside the tests, and every
input changes the answer.
"""

import torch
from torch import nn
from torch.nn import functional as F


def near(map_):
    """How close the clicks are: a wide mean of their maps."""
    for _ in range(2):
        map_ = F.avg_pool2d(map_, 31, 1, 15)
    return map_


class Toy(nn.Module):
    def forward(self, image, coord_features):
        previous, positive, negative = coord_features[:, 0:1], coord_features[:, 1:2], coord_features[:, 2:3]
        logits = 0.5 - 80.0 * self.unlike(image, positive) + 12.0 * self.unlike(image, negative).clamp(max=0.3)
        # Different for the mirrored picture.
        red = image[:, 0:1]
        logits = logits + 4.0 * (F.pad(red, (3, 0, 0, 0))[..., :-3] - red)
        return logits + 60.0 * near(positive) - 80.0 * near(negative) + 2.0 * (previous - 0.5)

    @staticmethod
    def unlike(image, clicked):
        """Squared difference from the mean colour under the clicks."""
        weight = clicked / (clicked.sum(dim=(2, 3), keepdim=True) + 1e-4)
        mean = (image * weight).sum(dim=(2, 3), keepdim=True)
        return ((image - mean) ** 2).sum(dim=1, keepdim=True)


class ToyWithPoints(nn.Module):
    """MST's points: besides the maps, here as soft spots around the points that are not missing."""

    def forward(self, image, coord_features, points):
        height, width = image.shape[2:]
        rows = torch.arange(height, dtype=torch.float32)[None, None, :, None]
        columns = torch.arange(width, dtype=torch.float32)[None, None, None, :]
        half = points.shape[1] // 2
        square = (rows - points[:, :, 0, None, None]) ** 2 + (columns - points[:, :, 1, None, None]) ** 2
        there = (points[:, :, :2].amax(dim=2) >= 0).float()[:, :, None, None]
        sign = torch.where(torch.arange(points.shape[1]) < half, 1.0, -1.0)[None, :, None, None]
        order = (1.0 + 0.1 * points[:, :, 2])[:, :, None, None]
        spots = (there * sign * order * torch.exp(-square / 800.0)).sum(dim=1, keepdim=True)
        return Toy()(image, coord_features) + spots


class ToyWithQueries(nn.Module):
    """As AdaptiveClick answers: several masks a quarter as large, each with logits for no object and object."""

    gains = (1.0, 0.7, -0.4, 1.2)
    offsets = (0.5, 1.0, 0.5, -0.4)

    def forward(self, image, coord_features):
        base = F.avg_pool2d(Toy()(image, coord_features), 4).clamp(-20, 20) / 4
        spot = coord_features[:, 1:2].amax(dim=(2, 3), keepdim=True) * F.avg_pool2d(image[:, 1:2], 4)
        masks = torch.cat([gain * base + offset * (1 + spot) for gain, offset in zip(self.gains, self.offsets)], dim=1)
        mean = torch.tanh(masks.mean(dim=(2, 3)))
        return torch.stack((-mean, mean + torch.tensor(self.gains)), dim=2), masks


class ToyWithDistances(nn.Module):
    """As FCA-Net takes clicks: distances to positive and negative ones, and to the first."""

    def forward(self, image, pos_dist, neg_dist, first_dist):
        spot = lambda distance: torch.exp(-(distance**2) / 100.0)
        logits = 0.5 - 80.0 * Toy.unlike(image, spot(pos_dist))
        logits = logits + 12.0 * Toy.unlike(image, spot(neg_dist)).clamp(max=0.3)
        return logits + 3.0 * torch.exp(-pos_dist / 60.0) - 5.0 * torch.exp(-neg_dist / 60.0) - first_dist / 120.0


class ToyEncoder(nn.Module):
    """As SAM's image encoder: [1, 3, 256, 256], normalised, to features."""

    img_size = 256

    def forward(self, image):
        return F.avg_pool2d(image, 4)


class ToyDecoder(nn.Module):
    """As SAM's decoder with its prompt encoder: points, labels and the last logits to four masks and their scores."""

    gains = (1.2, 3.0, 1.5, 0.7)

    def forward(self, features, point_coords, point_labels, mask_input, has_mask_input):
        grid = (torch.arange(64, dtype=torch.float32) + 0.5) * 4
        rows, columns = grid[None, :, None], grid[None, None, :]
        square = (rows[:, None] - point_coords[:, :, 1, None, None] - 0.5) ** 2 + (
            columns[:, None] - point_coords[:, :, 0, None, None] - 0.5
        ) ** 2
        of = lambda label: (point_labels == label).float()[:, :, None, None]
        spot = torch.exp(-square / 200.0)
        clicked = (of(1) * spot).sum(1, keepdim=True)
        avoided = (of(0) * spot).sum(1, keepdim=True)
        # Inside the corners of a box, object is more likely.
        corner = lambda label, axis: (of(label)[..., 0, 0] * (point_coords[:, :, axis] + 0.5)).sum(1)[:, None, None]
        between = (
            torch.sigmoid((columns - corner(2, 0)) / 6)
            * torch.sigmoid((corner(3, 0) - columns) / 6)
            * torch.sigmoid((rows - corner(2, 1)) / 6)
            * torch.sigmoid((corner(3, 1) - rows) / 6)
        )
        boxed = of(2).sum(1, keepdim=True) * (6.0 * between[:, None] - 4.0)
        unlike = Toy.unlike(features, clicked + of(2).sum(1, keepdim=True) * between[:, None])
        base = 4.0 * clicked - 5.0 * avoided + boxed + has_mask_input * 1.5 * torch.tanh(mask_input / 8.0)
        masks = torch.cat([base + 1.0 - gain * unlike for gain in self.gains], dim=1)
        area = torch.sigmoid(masks).mean(dim=(2, 3))
        return masks, 1.0 - (area - 0.25).abs()


class ToyFineEncoder(nn.Module):
    """As SAM 2's image encoder: [1, 3, 256, 256], normalised, to features of three sizes."""

    def forward(self, image):
        return F.avg_pool2d(image, 4), F.avg_pool2d(image, 8), F.avg_pool2d(image, 16)


class ToyFineDecoder(nn.Module):
    """SAM 2's decoder. Its logits are larger, so that their limits matter, and its first mask is often unstable."""

    def forward(self, fine, middle, coarse, point_coords, point_labels, mask_input, has_mask_input):
        larger = lambda map_: F.interpolate(map_, size=(64, 64), mode="nearest")
        features = 0.6 * fine + 0.3 * larger(middle) + 0.1 * larger(coarse)
        masks, scores = ToyDecoder()(features, point_coords, point_labels, mask_input, has_mask_input)
        return masks * torch.tensor([1.2, 12.0, 8.0, 12.0])[None, :, None, None], scores


class ToyDense(nn.Module):
    """As SegNext's decoder before the last enlargement: features, previous mask and click maps to logits."""

    def forward(self, image_feats, prompt_mask):
        return F.avg_pool2d(Toy()(0.25 * image_feats + 0.5, prompt_mask), 4)


class ToyCoarse(nn.Module):
    """FocalClick's first look: logits without fine detail, and features for the second."""

    def forward(self, image, coord_features):
        logits = F.avg_pool2d(Toy()(image, coord_features), 4)
        logits = F.interpolate(logits, size=image.shape[2:], mode="bilinear", align_corners=True)
        return logits, torch.cat((F.avg_pool2d(image, 4), F.avg_pool2d(near(coord_features[:, 1:]), 4)), dim=1)


class ToyRefiner(nn.Module):
    """FocalClick's second look: picture, click maps, coarse features and logits of the focus to its logits."""

    def forward(self, image, click_maps, feature, logits):
        feature = F.interpolate(feature, size=image.shape[2:], mode="bilinear", align_corners=True)
        detail = ((image - feature[:, :3]) * torch.tensor([6.0, -4.0, 3.0])[None, :, None, None]).sum(1, keepdim=True)
        clicked = 50.0 * near(click_maps[:, :1]) - 60.0 * near(click_maps[:, 1:])
        told = 8.0 * feature[:, 3:4] - 8.0 * feature[:, 4:5]
        # The authors' second output is only for their training.
        return 0.8 * logits + detail + clicked + told, None


class Upstream(nn.Module):
    """A toy as the authors' predictors call it: `net(image and previous mask, points)`, with their click maps."""

    with_prev_mask = True

    def __init__(self, toy, dist_maps):
        super().__init__()
        self.toy = toy
        self.dist_maps = dist_maps

    def forward(self, image, points):
        coord_features = torch.cat((image[:, 3:], self.dist_maps(image, points)), dim=1)
        if isinstance(self.toy, ToyWithPoints):
            return {"instances": self.toy(image[:, :3], coord_features, points.float())}
        return {"instances": self.toy(image[:, :3], coord_features)}
