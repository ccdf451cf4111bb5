"""Keras tensors instead of NumPy arrays, from keras.ops."""


# %% 05.2
def conv2d(image, kernel):
    image = keras.ops.reshape(keras.ops.cast(image, "float32"), (1, *image.shape, 1))
    kernel = keras.ops.reshape(keras.ops.cast(kernel, "float32"), (*kernel.shape, 1, 1))
    return keras.ops.conv(image, kernel, data_format="channels_last")[0, :, :, 0]


# %% 05.5
def pool(x, size, stride, kind):
    function = keras.ops.max_pool if kind == "max" else keras.ops.average_pool
    return function(np.float32(x), size, stride, data_format="channels_last")
