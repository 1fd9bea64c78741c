"""Where torch runs a model, and what part of a GPU it may take there."""

from __future__ import annotations

import torch


def device(gpu: bool, memory_fraction: float) -> str:
    """Return torch's name of the device. The fraction is enforced by torch for this process, which has one model."""
    if not gpu or not torch.cuda.is_available():
        return "cpu"
    torch.cuda.set_per_process_memory_fraction(memory_fraction)
    return "cuda"
