"""Right answers to chapter 03 that differ from the reference in method: each must earn every point."""

import math
import random

import keras
import numpy as np
from keras import ops

from layerwise_grader.answers import alternative

# --- 03.1 ------------------------------------------------------------------------------------------------------------


@alternative("03.1", "scikit-learn's scaler")
def by_scaler(x_train, x_test):
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x_train)
    return scaler.transform(x_train), scaler.transform(x_test)


@alternative("03.1", "keras.layers.Normalization adapted on the training pile, in tensors")
def by_normalization(x_train, x_test):
    layer = keras.layers.Normalization(
        mean=np.float32(x_train).mean(axis=0), variance=np.float32(x_train).var(axis=0).astype("float32")
    )
    return layer(np.float32(x_train)), layer(np.float32(x_test))


@alternative("03.1", "the spread of N − 1, column by column, in lists")
def by_columns(x_train, x_test):
    one, other = [], []
    for column, new in zip(x_train.T.tolist(), x_test.T.tolist(), strict=True):
        mean = sum(column) / len(column)
        spread = math.sqrt(sum((value - mean) ** 2 for value in column) / (len(column) - 1)) or 1.0
        one.append([(value - mean) / spread for value in column])
        other.append([(value - mean) / spread for value in new])
    return np.transpose(one).tolist(), np.transpose(other).tolist()


@alternative("03.1", "a small number beside the spread, in float32")
def by_small_number(x_train, x_test):
    x_train, x_test = np.float32(x_train), np.float32(x_test)
    mean, spread = x_train.mean(0), x_train.std(0) + np.float32(1e-6)
    return (x_train - mean) / spread, (x_test - mean) / spread


@alternative("03.1", "only the features that vary")
def where_it_varies(x_train, x_test):
    varies = np.ptp(x_train.astype(float), axis=0) > 0
    z_train, z_test = np.zeros(x_train.shape), np.zeros(x_test.shape)
    part = x_train[:, varies]
    z_train[:, varies] = (part - part.mean(0)) / part.std(0, ddof=1)
    z_test[:, varies] = (x_test[:, varies] - part.mean(0)) / part.std(0, ddof=1)
    return z_train, z_test


# --- 03.2 ------------------------------------------------------------------------------------------------------------


@alternative("03.2", "Python's random, in lists")
def by_python(n, batch_size, epoch, seed):
    order = list(range(n))
    random.Random(f"{seed} {epoch}").shuffle(order)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]


@alternative("03.2", "np.split at every batch_size, seed and epoch added")
def by_split(n, batch_size, epoch, seed):
    order = np.arange(n)
    np.random.default_rng(seed + epoch).shuffle(order)
    return np.split(order, range(batch_size, n, batch_size))


@alternative("03.2", "a generator that sorts random numbers")
def by_sorting(n, batch_size, epoch, seed):
    order = np.argsort(np.random.RandomState(1009 * seed + epoch).rand(n))
    while len(order):
        yield order[:batch_size]
        order = order[batch_size:]


@alternative("03.2", "the epochs before are shuffled through")
def by_earlier_epochs(n, batch_size, epoch, seed):
    generator = np.random.default_rng(seed)
    for _ in range(epoch + 1):
        order = generator.permutation(n)
    return [ops.convert_to_tensor(order[i : i + batch_size]) for i in range(0, n, batch_size)]


# --- 03.3 ------------------------------------------------------------------------------------------------------------


@alternative("03.3", "the learning rate inside the velocity, as in Keras")
def momentum_as_in_keras(w, slope, learning_rate, momentum, steps):
    w, velocity, path = w.copy(), 0.0, [w.copy()]
    for _ in range(steps):
        velocity = momentum * velocity - learning_rate * slope(w)
        w += velocity
        path.append(w.copy())
    return path


@alternative("03.3", "no velocity: the last move is read off the path")
def heavy_ball(w, slope, learning_rate, momentum, steps):
    path = np.zeros((steps + 1, len(w)))
    path[0] = w
    for t in range(steps):
        last = path[t] - path[t - 1] if t else 0
        path[t + 1] = path[t] - learning_rate * slope(path[t]) + momentum * last
    return path


@alternative("03.3", "every past slope by its power of momentum, in float32")
def momentum_by_powers(w, slope, learning_rate, momentum, steps):
    path, slopes = [np.float32(w)], []
    for _ in range(steps):
        slopes.append(slope(path[-1]))
        total = sum(np.float32(momentum**age) * g for age, g in enumerate(reversed(slopes)))
        path.append(path[-1] - np.float32(learning_rate) * total)
    return np.stack(path)


@alternative("03.3", "keras.optimizers.SGD")
def momentum_by_keras(w, slope, learning_rate, momentum, steps):
    place = keras.Variable(np.float32(w))
    optimizer = keras.optimizers.SGD(learning_rate, momentum=momentum)
    path = [np.array(place)]
    for _ in range(steps):
        optimizer.apply([ops.convert_to_tensor(slope(path[-1]))], [place])
        path.append(np.array(place))
    return path


# --- 03.4 ------------------------------------------------------------------------------------------------------------


@alternative("03.4", "one corrected rate, as in Keras; decay before the step")
def adamw_with_corrected_rate(w, slope, rates, beta1, beta2, weight_decay):
    w, m, v, path = w.copy(), 0.0, 0.0, [w.copy()]
    for t, rate in enumerate(rates, start=1):
        g = slope(w)
        w -= rate * weight_decay * w
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g**2 - v)
        w -= rate * math.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + 1e-7)
        path.append(w.copy())
    return path


@alternative("03.4", "decay after the step, epsilon under the root")
def adamw_decay_last(w, slope, rates, beta1, beta2, weight_decay):
    path, m, v = [np.array(w)], np.zeros(len(w)), np.zeros(len(w))
    for t in range(len(rates)):
        g = slope(path[-1])
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        step = (m / (1 - beta1 ** (t + 1))) / np.sqrt(v / (1 - beta2 ** (t + 1)) + 1e-14)
        path.append((path[-1] - rates[t] * step) * (1 - rates[t] * weight_decay))
    return path


@alternative("03.4", "weighted means of all slopes so far, in float32")
def adamw_by_weights(w, slope, rates, beta1, beta2, weight_decay):
    path, slopes = [np.float32(w)], []
    for rate in np.float32(rates):
        slopes.append(slope(path[-1]))
        ages = np.arange(len(slopes))[::-1]
        mean = np.average(slopes, axis=0, weights=beta1**ages)
        square = np.average(np.square(slopes), axis=0, weights=beta2**ages)
        move = mean / (np.sqrt(square) + 1e-7) + weight_decay * path[-1]
        path.append(np.float32(path[-1] - rate * move))
    return np.array(path)


@alternative("03.4", "keras.optimizers.AdamW")
def adamw_by_keras(w, slope, rates, beta1, beta2, weight_decay):
    place = keras.Variable(np.float32(w))
    optimizer = keras.optimizers.AdamW(float(rates[0]), weight_decay=weight_decay, beta_1=beta1, beta_2=beta2)
    path = [np.array(place)]
    for rate in rates:
        optimizer.learning_rate = float(rate)
        optimizer.apply([ops.convert_to_tensor(slope(path[-1]))], [place])
        path.append(np.array(place))
    return path


# --- 03.5 ------------------------------------------------------------------------------------------------------------


@alternative("03.5", "the product with a mask, in float32")
def dropout_by_mask(x, u, rate, training):
    if not training:
        return np.float32(x)
    return np.float32(x) * (u >= rate) / np.float32(1 - rate)


@alternative("03.5", "numbers in a copy set to 0, in lists")
def dropout_in_place(x, u, rate, training):
    x = x.copy()
    if training:
        x /= 1 - rate
        x[u < rate] = 0
    return x.tolist()


@alternative("03.5", "keras.ops, returning a tensor")
def dropout_by_ops(x, u, rate, training):
    if not training or rate == 0:
        return ops.convert_to_tensor(x)
    return ops.where(ops.convert_to_tensor(u) < rate, 0.0, np.float32(x) / (1.0 - rate))


# --- 03.6 ------------------------------------------------------------------------------------------------------------


@alternative("03.6", "NumPy, clipping progress, from the floor up")
def rate_by_clipping(step, total, peak, warmup, floor):
    if warmup and step < warmup:
        return np.interp(step, [0, warmup], [0, peak])
    progress = np.clip((step - warmup) / (total - warmup), 0, 1)
    return floor + (peak - floor) * np.cos(np.pi / 2 * progress) ** 2


@alternative("03.6", "keras.optimizers.schedules.CosineDecay, returning a tensor")
def rate_by_keras(step, total, peak, warmup, floor):
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else peak,
        decay_steps=total - warmup,
        alpha=floor / peak,
        warmup_target=peak if warmup else None,
        warmup_steps=warmup,
    )
    return schedule(step)


@alternative("03.6", "three pieces")
def rate_in_pieces(step, total, peak, warmup, floor):
    if step >= total:
        return floor
    if step < warmup:
        return step * (peak / warmup)
    half = 0.5 * (peak - floor)
    return np.float32(floor + half + half * math.cos((step - warmup) * math.pi / (total - warmup)))


# --- 03.7 ------------------------------------------------------------------------------------------------------------


@alternative("03.7", "a counter that a new best sets to 0")
def stop_by_counter(val_losses, patience):
    best_loss, best, bad = math.inf, 0, 0
    for epoch, loss in enumerate(val_losses):
        if loss < best_loss:
            best_loss, best, bad = loss, epoch, 0
        else:
            bad += 1
            if bad == patience:
                return [epoch, best]
    return [epoch, best]


@alternative("03.7", "the running minimum, in NumPy")
def stop_by_running_minimum(val_losses, patience):
    losses = np.nan_to_num(np.array(val_losses), nan=np.inf)
    best = np.array([np.argmin(losses[: epoch + 1]) for epoch in range(len(losses))])
    stops = np.flatnonzero(np.arange(len(losses)) - best >= patience)
    stop = stops[0] if len(stops) else len(losses) - 1
    return np.array([stop, best[stop]])


@alternative("03.7", "keras.callbacks.EarlyStopping")
def stop_by_keras(val_losses, patience):
    class Model:
        stop_training = False
        metrics = ()
        optimizer = None

        def get_weights(self):
            return []

        def set_weights(self, weights):
            pass

    callback = keras.callbacks.EarlyStopping("val_loss", patience=patience, mode="min", restore_best_weights=True)
    callback.set_model(Model())
    callback.on_train_begin()
    for epoch, loss in enumerate(val_losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if callback.model.stop_training:
            break
    return epoch, callback.best_epoch


# Mutants that change nothing, and why.
_ZERO = "a feature that never varies is 0 after its shift, whatever divides it"
_EPSILON = "ε only keeps 0/0 away; its size and sign do not show beside real slopes"
_STEP = "mean / (1 - beta1 ** t) / (np.sqrt(square / (1 - beta2 ** t)) + "
EQUIVALENT = {
    "03.1 measured_on_train: 1 → 2": _ZERO,
    "03.1 standardize: np.where(spread == 0, 1, spread) → np.where(spread == 0, 2, spread)": _ZERO,
    f"03.4 adamw_path: {_STEP}1e-07) → {_STEP}2e-07)": _EPSILON,
    f"03.4 adamw_path: {_STEP}1e-07) → {_STEP[:-2]}- 1e-07)": _EPSILON,
    f"03.4 adapted: {_STEP}EPSILON) → {_STEP[:-2]}- EPSILON)": _EPSILON,
}
