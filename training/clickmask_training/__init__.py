"""Training recipe of the embedded default model: data, network, training, evaluation, export.

Conventions used everywhere in this package:

* arrays are ``(H, W)`` or ``(H, W, C)``, tensors ``(B, C, H, W)``;
* a click is ``(x, y, label)`` in *input px* of the network's square input of side ``S``
  (origin top left, pixel centre at +0.5), label 1 positive, 0 negative, -1 padding;
* a mask is uint8 0/1, an ignore map is uint8 1 where ground truth is undefined.
"""

import os

# onnxruntime's official builds send data about models unless this is set before they are imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
