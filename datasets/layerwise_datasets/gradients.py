"""The gradient of a function on whatever backend Keras uses: `gradient`."""

from collections.abc import Callable
from typing import Any

from layerwise_datasets.errors import UnknownName

BACKENDS = ("jax", "tensorflow")


def gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives the gradient of `function` for its first argument.

        slope = gradient(lambda w: ops.sum(w**2))(np.array([1.0, 2.0]))  # 2 and 4

    To learn the weights of a Keras model, let `function` take them as its first argument and call
    `model.stateless_call(weights, model.non_trainable_variables, x)`.

    Args:
        function: Takes arrays, works with `keras.ops` or layers, and returns one number. Its first argument may be
            an array, or lists, tuples and dictionaries of arrays; the gradient has the same form. The other
            arguments are passed on as they are.

    Returns:
        A function of the same arguments. It returns tensors of the backend, 0 where `function` does not depend on a
        number; whole numbers are taken as floats first. Gradients may be nested.

    Raises:
        UnknownName: on a backend other than TensorFlow and JAX, when the gradient is asked for.
    """

    def slopes(first: Any, *others: Any, **named: Any) -> Any:
        import keras

        backend = keras.backend.backend()
        if backend not in BACKENDS:
            raise UnknownName("backend with gradients here", backend, BACKENDS)
        first = keras.tree.map_structure(_as_float_tensor, first)
        return (_by_jax if backend == "jax" else _by_tape)(function, first, *others, **named)

    return slopes


def _as_float_tensor(value: Any) -> Any:
    from keras import backend, ops

    tensor = ops.convert_to_tensor(value)
    return tensor if backend.is_float_dtype(tensor.dtype) else ops.cast(tensor, backend.floatx())


def _by_jax(function: Callable[..., Any], first: Any, *others: Any, **named: Any) -> Any:
    import jax

    return jax.grad(function)(first, *others, **named)


def _by_tape(function: Callable[..., Any], first: Any, *others: Any, **named: Any) -> Any:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        for tensor in tf.nest.flatten(first):
            tape.watch(tensor)
        value = function(first, *others, **named)
    return tape.gradient(value, first, unconnected_gradients=tf.UnconnectedGradients.ZERO)
