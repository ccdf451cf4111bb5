"""Takes all the memory there is, up to 20 GB should nothing stop it."""


# %% 05.2
def conv2d(image, kernel):
    taken = []
    for _ in range(200):
        taken.append(np.ones(12_500_000))
    return None
