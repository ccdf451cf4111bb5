"""Never ends, and catches every exception that should stop it."""


# %% 05.2
def conv2d(image, kernel):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
