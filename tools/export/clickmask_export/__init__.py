"""Exports published click-based segmentation networks to ONNX, for Clickmask."""
