"""Plain lists, tuples and Python numbers."""


# %% 05.2
def conv2d(image, kernel):
    image, kernel = image.tolist(), kernel.tolist()
    rows, columns = len(kernel), len(kernel[0])
    return tuple(
        [
            sum(image[i + a][j + b] * kernel[a][b] for a in range(rows) for b in range(columns))
            for j in range(len(image[0]) - columns + 1)
        ]
        for i in range(len(image) - rows + 1)
    )


# %% 05.3
def same_padding(n, kernel, stride):
    total = max(kernel - (n % stride or stride), 0)
    return [total // 2, total - total // 2]
