"""The click network: encoder and decoder together."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from .decoder import Decoded, Decoder, DecoderConfig
from .encoder import Encoder, Features


class ClickNetwork(nn.Module):
    """Encode a region of interest once, decode it for every click."""

    def __init__(self, config: DecoderConfig = DecoderConfig()) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder(config)

    def load_backbone(self, path: Path) -> None:
        """Start from pretrained backbone weights (``.npz``)."""
        self.encoder.backbone.load(path)

    def encode(self, image: Tensor) -> Features:
        """RGB in [0, 1], (B, 3, S, S)."""
        return self.encoder(image)

    def decode(self, features: Features, clicks: Tensor, previous: Tensor) -> Decoded:
        """See ``Decoder``."""
        return self.decoder(*features, clicks, previous)

    def forward(self, image: Tensor, clicks: Tensor, previous: Tensor) -> Decoded:
        return self.decode(self.encode(image), clicks, previous)
