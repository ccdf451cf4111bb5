"""Returns whole numbers of a million digits and other numbers that no float holds."""


# %% 05.2
def conv2d(image, kernel):
    return [[10**1_000_000]]


# %% 05.3
def same_padding(n, kernel, stride):
    import decimal
    import fractions

    return decimal.Decimal("1e999999"), fractions.Fraction(10**9999, 3)


# %% 05.6
def receptive_field(layers):
    return 1 << 10_000_000
