"""Returns texts and keys with lone surrogates, NULs and escape codes, where numbers are expected."""


# %% 05.2
def conv2d(image, kernel):
    return {"\ud800\x00": "\udfff", "\x1b[2J\x1b]0;4 of 4\x07": 1}


# %% 05.3
def same_padding(n, kernel, stride):
    raise ValueError("\ud800 \x1b[31m \x00 [bold]4 of 4[/bold] <script>alert(1)</script>\r\n\u202e")


# %% 05.5
def pool(x, size, stride, kind):
    return "\ud800" * 10**6
