"""InfoReg under DistributedDataParallel: every process regulates alike.

The gradients that a backward pass leaves are the mean over the processes, and so is Tr(F). Logits and target
are a process's own: gather them, or strengths differ, and with them the copies of the weights.

    torchrun --nproc-per-node 2 ddp.py
"""

import hashlib
import json

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from toy import Batches, Net, batches

from inforeg import InfoReg


def gathered(values: Tensor) -> Tensor:
    """The (B, ...) of all processes as one tensor, alike in each; B is the same in all of them."""
    if not dist.is_initialized():
        return values
    parts = [torch.empty_like(values) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, values.detach().contiguous())
    return torch.cat(parts)


def train(net: Net, model: nn.Module, loader: Batches) -> tuple[InfoReg, list[dict[str, float]]]:
    """Train for six epochs.

    Args:
        net: has the encoders.
        model: the network as it is called: `net` itself, or what wraps it.
        loader: this process's batches.

    Returns:
        The regulation, and its mean strengths by epoch and modality.
    """
    optimizer = torch.optim.SGD(net.parameters(), 0.4)
    regulation, strengths = InfoReg({"audio": net.audio, "video": net.video}), []
    for _ in range(6):
        regulation.open_epoch()
        for audio, video, target in loader:
            logits = model(audio, video)
            loss = nn.functional.cross_entropy(logits["audio"] + logits["video"], target)
            optimizer.zero_grad()
            loss.backward()
            regulation.regulate({m: gathered(each) for m, each in logits.items()}, gathered(target))
            optimizer.step()
        strengths.append(regulation.close_epoch())
    return regulation, strengths


if __name__ == "__main__":
    dist.init_process_group("gloo")
    net = Net()
    loader = batches(8)[dist.get_rank() :: dist.get_world_size()]
    regulation, strengths = train(net, DistributedDataParallel(net), loader)
    weights = hashlib.sha256(nn.utils.parameters_to_vector(net.parameters()).numpy(force=True)).hexdigest()
    print(json.dumps([regulation.history, strengths, weights]), flush=True)
    dist.destroy_process_group()
