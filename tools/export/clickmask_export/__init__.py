"""Exports published click-based segmentation networks to ONNX, for Clickmask."""

import os

# onnxruntime's official builds send data about models unless this is set before they are imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
