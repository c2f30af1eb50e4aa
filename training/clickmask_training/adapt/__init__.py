"""Adapting a model to the masks that a team has accepted: reading exports, fine-tuning, measuring, writing a model folder."""
