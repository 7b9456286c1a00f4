"""The published training: one full batch an epoch, AdamW, plateau schedule, early stop on validation ARI."""

import time

import numpy as np
import torch
from sklearn.metrics import accuracy_score, adjusted_rand_score, normalized_mutual_info_score
from sklearn.model_selection import train_test_split
from torch.nn import functional as F

from .models import Model

LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-4
EPOCHS = 200
PATIENCE = 20


def split(labels, seed, train=0.6, validation=0.2):
    """Stratified index sets of training, validation and test, as two calls of scikit-learn's `train_test_split`."""
    everything = np.arange(len(labels))
    train_set, rest = train_test_split(everything, train_size=train, stratify=labels, random_state=seed)
    validation_set, test_set = train_test_split(
        rest, train_size=validation / (1 - train), stratify=labels[rest], random_state=seed
    )
    return train_set, validation_set, test_set


def class_weights(labels, classes):
    """w_c = (1 / n_c) / sum(1 / n_c) * C over the training spots."""
    inverse = 1.0 / np.bincount(labels, minlength=classes)
    return torch.tensor(inverse / inverse.sum() * classes, dtype=torch.float32)


def scores(truth, predicted):
    return {
        "ari": float(adjusted_rand_score(truth, predicted)),
        "nmi": float(normalized_mutual_info_score(truth, predicted)),
        "accuracy": float(accuracy_score(truth, predicted)),
    }


class Trainer:
    """Owns model, optimiser and masks; `step` and `evaluate` make one epoch."""

    def __init__(self, model, x, edge_index, labels, sets, weights=None, features=None):
        self.model = model
        self.x, self.edge_index = torch.as_tensor(x), torch.as_tensor(edge_index)
        self.features = features
        self.labels = torch.as_tensor(labels)
        self.train, self.validation, self.test = (torch.as_tensor(s) for s in sets)
        train_labels = self.labels[self.train].numpy()
        self.weights = weights if weights is not None else class_weights(train_labels, model.classifier.out_features)
        self.optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self.schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimiser, mode="max", factor=0.5, patience=10
        )

    def loss(self, logits, rows):
        return F.cross_entropy(logits[rows], self.labels[rows], weight=self.weights)

    def step(self):
        self.model.train()
        self.optimiser.zero_grad()
        logits, _ = self.model(self.x, self.edge_index, self.features)
        loss = self.loss(logits, self.train)
        loss.backward()
        self.optimiser.step()
        return loss.item()

    @torch.no_grad()
    def evaluate(self):
        """Validation loss and scores, and the logits of all spots."""
        self.model.eval()
        logits, _ = self.model(self.x, self.edge_index, self.features)
        predicted = logits.argmax(1)
        found = scores(self.labels[self.validation].numpy(), predicted[self.validation].numpy())
        return self.loss(logits, self.validation).item(), found, logits


def train(data, mode, fusion, seed=42, split_seed=42, epochs=EPOCHS, patience=PATIENCE, dropout=0.1, report=None):
    """Trains one model to its early stop and restores the best epoch.

    Returns (model, result); result holds the test scores, the epochs' seconds (step and evaluation) and the history.
    """
    torch.manual_seed(seed)
    np.random.seed(seed)
    sets = split(data["labels"], split_seed)
    model = Model(data["x"].shape[1], len(data["names"]), mode, fusion, dropout=dropout)
    trainer = Trainer(model, data["x"], data["edge_index"], data["labels"], sets)

    best, best_epoch, best_state, since = -1.0, 0, None, 0
    history, step_seconds, evaluation_seconds = [], [], []
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        train_loss = trainer.step()
        between = time.perf_counter()
        validation_loss, found, _ = trainer.evaluate()
        step_seconds.append(between - start)
        evaluation_seconds.append(time.perf_counter() - between)
        trainer.schedule.step(found["ari"])
        history.append([epoch, train_loss, validation_loss, found["ari"], found["nmi"], found["accuracy"]])
        if report:
            report(history[-1])
        if found["ari"] > best:
            best, best_epoch, since = found["ari"], epoch, 0
            best_state = {key: value.clone() for key, value in model.state_dict().items()}
        else:
            since += 1
            if since >= patience:
                break

    model.load_state_dict(best_state)
    _, _, logits = trainer.evaluate()
    test = sets[2]
    result = {
        "test": scores(data["labels"][test], logits.argmax(1).numpy()[test]),
        "best_val_ari": best,
        "best_epoch": best_epoch,
        "epochs": len(history),
        "step_seconds": step_seconds,
        "evaluation_seconds": evaluation_seconds,
        "history": history,
    }
    return model, result
