"""Stand-in for the spoken digits: syllables from a vocal-tract toy, a buzz shaped by two moving resonances.

Each digit is a path through vowels, with a hiss before it where the word has one. Pitch, length and loudness vary from
clip to clip. It cannot teach consonants, accents or rooms.
"""

import numpy as np
import numpy.typing as npt

from layerwise_datasets.dataset import Array
from layerwise_datasets.found import Found, Rows

COUNT, RATE, SAMPLES = 1_800, 8_000, 8_000
# Resonances in Hz, low and high, along each word; and the share of it that hisses at the start.
_WORDS: tuple[tuple[tuple[tuple[int, int], ...], float], ...] = (
    (((300, 2300), (450, 1300), (450, 900)), 0.1),  # zero
    (((350, 700), (650, 1100), (350, 1500)), 0.0),  # one
    (((320, 1400), (300, 900), (300, 850)), 0.15),  # two
    (((400, 1300), (300, 2300), (280, 2400)), 0.25),  # three
    (((550, 850), (500, 900), (450, 1300)), 0.25),  # four
    (((750, 1200), (600, 1700), (350, 2100)), 0.25),  # five
    (((400, 2000), (380, 2000), (350, 1900)), 0.35),  # six
    (((550, 1800), (500, 1700), (500, 1500)), 0.3),  # seven
    (((550, 1900), (400, 2200), (320, 2300)), 0.0),  # eight
    (((700, 1150), (550, 1800), (320, 2200)), 0.0),  # nine
)


def syllables(split: str) -> Found:
    """One-second clips at 8 kHz, one syllable a clip, digits 0 to 9."""
    y = np.random.default_rng(8).permutation(np.arange(COUNT) % 10).astype(np.int64)

    def read(rows: Rows) -> Array:
        wanted = np.arange(COUNT) if rows is None else rows
        return np.stack([_clip(_WORDS[y[row]], np.random.default_rng([8, int(row)])) for row in wanted])

    source = "stand-in: generated syllables, 1 s at 8 kHz, nobody's voice"
    return Found(y, read, source, "CC0", tuple("0123456789"), is_real=False)


def _clip(word: tuple[tuple[tuple[int, int], ...], float], random: np.random.Generator) -> npt.NDArray[np.int16]:
    path, hiss = word
    length = int(random.uniform(0.3, 0.6) * RATE)
    time = np.linspace(0, 1, length)
    resonances = np.array([np.interp(time, np.linspace(hiss, 1, len(path)), part) for part in zip(*path, strict=True)])
    voice = _voice(time, length, resonances * random.uniform(0.9, 1.15), random)
    noise = np.diff(random.normal(size=length + 1)) * np.clip((hiss - time) * 8, 0, 0.35)
    sound = voice * np.clip((time - 0.7 * hiss) * 20, 0, 1) * np.clip((1 - time) * 6, 0, 1) + noise
    loud = random.uniform(0.3, 0.9) * 32_767 / np.abs(sound).max()
    return np.pad((loud * sound).astype(np.int16), (0, SAMPLES - length))


def _voice(
    time: npt.NDArray[np.float64], length: int, resonances: npt.NDArray[np.float64], random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Harmonics of a falling pitch, each as loud as the resonances near it allow."""
    pitch = random.uniform(90, 220) * (1.1 - 0.25 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    number = np.arange(1, int(3_600 / pitch.max()) + 1)[:, None]
    heights = number * pitch
    loudness = sum(
        np.exp(-(((heights - place) / width) ** 2)) for place, width in zip(resonances, (130, 220), strict=True)
    )
    return np.asarray((loudness / np.sqrt(number) * np.sin(number * phase)).sum(axis=0))
