"""Names and comments in other alphabets."""


# %% 05.2
def conv2d(image, kernel):
    # Größe der Karte, 特徴マップの大きさ
    höhe, 幅 = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    Σ = np.zeros((höhe, 幅))
    for (ζ, σ), вес in np.ndenumerate(kernel):
        Σ += вес * image[ζ : ζ + höhe, σ : σ + 幅]
    return Σ
