"""Uses Keras layers within NumPy answers, built anew at each call."""


# %% 05.4
def conv2d_layer(x, kernel, bias, stride=1, padding="valid"):
    layer = keras.layers.Conv2D(kernel.shape[3], kernel.shape[:2], strides=stride, padding=padding, dtype="float32")
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    return layer(x)
