"""A training loop in plain PyTorch, the least that training costs: all windows in memory, batches by index."""

from clock import BATCH, CONTEXT, RATE, SIZES, Clock, arguments, on_gpu, training_closes


def main() -> None:
    """Train and print the times."""
    path, epochs, size = arguments()
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            hidden, layers = SIZES[size] or (0, 0)
            self.rnn = nn.LSTM(1, hidden, layers, batch_first=True) if hidden else None
            self.head = nn.Linear(hidden or CONTEXT, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.head(x[..., 0] if self.rnn is None else self.rnn(x)[0][:, -1])
            return out

    device = torch.device("cuda" if on_gpu() else "cpu")
    closes = torch.tensor(training_closes(path), dtype=torch.float64, device=device)
    windows = closes.unfold(0, CONTEXT + 1, 1)
    scaled = (20 * torch.log(windows / windows[:, CONTEXT - 1 : CONTEXT])).float()
    inputs, targets = scaled[:, :CONTEXT, None].contiguous(), scaled[:, CONTEXT:].contiguous()
    net, clock = Net().to(device), Clock()
    adam = torch.optim.Adam(net.parameters(), lr=RATE)
    for _ in range(epochs):
        for members in torch.randperm(len(inputs), device=device).split(BATCH):
            clock.begin_step()
            loss = nn.functional.mse_loss(net(inputs[members]), targets[members])
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            adam.step()
            clock.end_step()
    clock.print_times()


if __name__ == "__main__":
    main()
