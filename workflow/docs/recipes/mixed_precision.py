"""InfoReg under mixed precision: bf16, or fp16 with a gradient scaler.

What matters is the order: unscale, regulate, step. Tr(F) and the pull are of the loss's own gradients, not of
scaled ones. bf16 needs no scaler; one that is not enabled does nothing.

    python mixed_precision.py
"""

import torch
from torch import nn
from toy import Net, batches

from inforeg import InfoReg


def train(precision: torch.dtype, device: str = "cpu", scale: float = 2.0**16) -> tuple[Net, InfoReg]:
    """Train for six epochs.

    Args:
        precision: `torch.bfloat16` or `torch.float16`.
        device: where, such as `cuda`.
        scale: the scaler's first.
    """
    net = Net().to(device)
    optimizer = torch.optim.SGD(net.parameters(), 0.4)
    scaler = torch.amp.GradScaler(device, init_scale=scale, enabled=precision == torch.float16)
    regulation = InfoReg({"audio": net.audio, "video": net.video})
    for _ in range(6):
        with regulation.epoch():
            for batch in batches():
                audio, video, target = (values.to(device) for values in batch)
                optimizer.zero_grad()
                with torch.autocast(device, precision):
                    logits = net(audio, video)
                    loss = nn.functional.cross_entropy(logits["audio"] + logits["video"], target)
                scaler.scale(loss).backward()
                scaler.unscale_(optimizer)
                regulation.regulate(logits, target)
                scaler.step(optimizer)
                scaler.update()
    return net, regulation


if __name__ == "__main__":
    for precision in (torch.bfloat16, torch.float16):
        _, regulation = train(precision)
        print(f"{precision}: regulated in {regulation.acted:.0%} of the steps, skipped {regulation.skipped}")
