"""Without a loop: Fourier transforms, matrices of windows, cumulative sums."""


# %% 05.2
def conv2d(image, kernel):
    spectrum = np.fft.rfft2(image) * np.fft.rfft2(kernel[::-1, ::-1], image.shape)
    return np.fft.irfft2(spectrum, image.shape)[kernel.shape[0] - 1 :, kernel.shape[1] - 1 :]


# %% 05.6
def receptive_field(layers):
    layers = np.reshape(layers, (-1, 2)).astype(int)
    steps = np.concatenate([[1], np.cumprod(layers[:, 1])[:-1]]) if len(layers) else np.zeros(0)
    return 1 + int(np.sum((layers[:, 0] - 1) * steps))
