"""InfoReg with gradients that are accumulated over several batches.

Regulate once for each step of the optimiser, with the logits of all the batches that its gradients are of.

    python accumulation.py
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from toy import Net, batches

from inforeg import InfoReg

Answer = tuple[Mapping[str, Tensor], Tensor]


def joined(answers: Iterable[Answer]) -> tuple[dict[str, Tensor], Tensor]:
    """Logits by modality and target of several batches as those of one."""
    logits, targets = zip(*answers, strict=True)
    return {m: torch.cat([each[m].detach() for each in logits]) for m in logits[0]}, torch.cat(targets)


def train(parts: int, size: int) -> tuple[Net, InfoReg]:
    """Train for six epochs, a step on each `parts` batches of `size` samples."""
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), 0.4)
    regulation = InfoReg({"audio": net.audio, "video": net.video})
    loader = batches(size)
    for _ in range(6):
        with regulation.epoch():
            for start in range(0, len(loader), parts):
                optimizer.zero_grad()
                group, answers = loader[start : start + parts], []
                for audio, video, target in group:
                    logits = net(audio, video)
                    loss = nn.functional.cross_entropy(logits["audio"] + logits["video"], target)
                    (loss / len(group)).backward()
                    answers.append((logits, target))
                regulation.regulate(*joined(answers))
                optimizer.step()
    return net, regulation


if __name__ == "__main__":
    _, regulation = train(parts=4, size=4)
    print(f"regulated in {regulation.acted:.0%} of the steps; Tr(F) {regulation.history}")
