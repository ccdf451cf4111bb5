"""`gradient` on both backends: each case runs in a process of its own, since Keras picks its backend once."""

import os
import subprocess
import sys
import textwrap

import pytest

CASES = {
    "an array": """
        slope = gradient(lambda w: ops.sum(w**2))(np.array([1.0, 2.0], dtype="float32"))
        assert np.allclose(slope, [2, 4])
    """,
    "a Python list and whole numbers": """
        assert np.allclose(gradient(lambda w: w[0] * w[1])([3, 5]), [5, 3])
    """,
    "layers of a network, with other arguments": """
        def loss(params, x, scale=1.0):
            for w, b in params:
                x = ops.relu(ops.matmul(x, w) + b)
            return scale * ops.sum(x)

        params, x = [(np.ones((3, 2)), np.zeros(2)), (np.ones((2, 1)), np.ones(1))], np.ones((4, 3))
        params = [(np.float32(w), np.float32(b)) for w, b in params]
        (dw1, db1), (dw2, db2) = gradient(loss)(params, np.float32(x), scale=2.0)
        assert np.allclose(dw1, 8 * np.ones((3, 2))) and np.allclose(dw2, [[24], [24]]) and np.allclose(db2, 8)
    """,
    "a number that nothing depends on": """
        unused = gradient(lambda pair: ops.sum(pair["a"]) + 0 * ops.sum(pair["a"]))({"a": 1.0, "b": 2.0})
        assert float(unused["a"]) == 1 and float(unused["b"]) == 0
    """,
    "a gradient of a gradient": """
        curve = gradient(gradient(lambda w: w**3))
        assert np.allclose(curve(np.float32(2)), 12)
    """,
    "stop_gradient": """
        slope = gradient(lambda w: ops.sum(w * ops.stop_gradient(w)))(np.array([3.0], dtype="float32"))
        assert np.allclose(slope, [3])
    """,
    "the weights of a Keras model": """
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        x = np.ones((4, 3), dtype="float32")
        weights = [variable.value for variable in model.trainable_variables]

        def loss(weights):
            scores, _ = model.stateless_call(weights, model.non_trainable_variables, x)
            return ops.sum(scores)

        kernel, bias = gradient(loss)(weights)
        assert np.allclose(kernel, 4 * np.ones((3, 2))) and np.allclose(bias, [4, 4])
    """,
}
HEAD = "import keras, numpy as np\nfrom keras import ops\nfrom layerwise_datasets import gradient\n"


def run(backend, script):
    """What a fresh process says to the script on this backend."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", HEAD + textwrap.dedent(script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_gradient_is_right_on_every_backend(backend):
    """All cases in one process a backend: starting one takes seconds. A failure's traceback shows the case."""
    finished = run(backend, "\n".join(textwrap.dedent(case) for case in CASES.values()))

    assert finished.returncode == 0, finished.stderr


def test_gradient_names_the_backends_that_it_knows():
    finished = run("numpy", "gradient(lambda w: w)(1.0)")

    assert 'no backend with gradients here "numpy"' in finished.stderr
    assert "jax, tensorflow" in finished.stderr
