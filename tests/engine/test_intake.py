"""Folders, zips and exchanges of submissions: what is taken, and what is refused with a sentence."""

import io
import json
import os
import stat
import zipfile

import nbformat
import pytest

from layerwise_grader.engine import inbox, reading
from layerwise_grader.errors import ClassroomError, Refused
from layerwise_grader.submission import located, read, take_in

CHAPTER = "05-convolutions"
SOUND = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def handed_in(root, learner, name=f"{CHAPTER}.ipynb"):
    return root / "grader" / "classroom" / "submitted" / learner / CHAPTER / name


def folder_of(tmp_path, *names):
    inbox = tmp_path / "inbox"
    for name in names:
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(SOUND)
    return inbox


def zip_of(tmp_path, *entries, compression=zipfile.ZIP_DEFLATED):
    """Each entry is a name, or a ZipInfo, or a pair of one of them and its content."""
    path = tmp_path / "inbox.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for entry in entries:
            name, content = entry if isinstance(entry, tuple) else (entry, SOUND)
            archive.writestr(name, content)
    return path


def taken(found):
    return {learner for learner, sentence in found.items() if not sentence}


# --- one notebook ----------------------------------------------------------------------------------------------------


def notebook(*cells, **fields):
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, **fields}).encode()


CODE = {"cell_type": "code", "source": "a = 1"}
LONG = {"cell_type": "markdown", "source": "é" * (reading.MOST_IN_A_CELL + 1)}
REFUSED = {
    "too many cells": (notebook(*[CODE] * 2_001), "ada.ipynb has 2,001 cells; 2,000 are allowed"),
    "a long cell": (notebook(CODE, LONG), "ada.ipynb: cell 2 is longer than 1,000,000 letters"),
    "much code": (notebook({**CODE, "source": "a" * 300_000}), "ada.ipynb has 300,000 letters of code"),
    "many lines": (notebook({**CODE, "source": "a;" * 20_000}), "ada.ipynb has 20,000 lines of code; 10,000 are"),
    "many magics": (notebook({**CODE, "source": "%time\n" * 400}), "ada.ipynb has 400 magics; 300 are allowed"),
    "a format of text": (notebook(nbformat="4"), "has a format that nobody knows; 4 is read here"),
    "a format of 5,000 digits": (b'{"cells": [], "nbformat": ' + b"9" * 5_000 + b"}", "has a format that nobody knows"),
    "a cell without kind": (notebook({"source": "a"}), "it has no list of cells"),
    "half of a UTF-8 letter": (SOUND[:-1] + b"\xc3", "is not UTF-8"),
    "UTF-16 without its mark": (SOUND.decode().encode("utf-16-le"), "line 1, column 2 can't be read"),
    "UTF-32": (SOUND.decode().encode("utf-32"), "is not UTF-8"),
    "large, and cut short": (notebook({"cell_type": "code", "outputs": "a" * 9 * 2**20})[:-9], "ends in the middle"),
    "large, with a slip": (b'{\n"a": ' + b" " * 9 * 2**20 + b"?}", "line 2, column 9437190 can't be read"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not UTF-8"),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_passes_a_limit_is_refused_with_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "ada.ipynb"
    path.write_bytes(content)

    with pytest.raises(Refused) as refused:
        read(path)

    assert sentence in str(refused.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "ada.ipynb"
    with path.open("wb") as file:
        file.truncate(2**40)

    with pytest.raises(Refused, match=r"has 1048576 MiB; 50 are allowed\. Clear its outputs"):
        read(path)


def test_a_pipe_does_not_keep_the_grader_waiting(tmp_path):
    os.mkfifo(tmp_path / "ada.ipynb")

    with pytest.raises(Refused, match="no ordinary file"):
        read(tmp_path / "ada.ipynb")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin", "/proc/self/mem", "/"])
def test_devices_are_not_read(device, tmp_path):
    (tmp_path / "ada.ipynb").symlink_to(device)

    with pytest.raises(Refused, match="no ordinary file"):
        read(tmp_path / "ada.ipynb")


def test_a_file_that_is_gone_is_refused(tmp_path):
    with pytest.raises(Refused, match="can't be opened: No such file"):
        read(tmp_path / "ada.ipynb")


OUTPUT = {"output_type": "stream", "name": "stdout", "text": "x" * 5_000_000}
V3 = {"cell_type": "code", "input": ["a = 1\n", "b = 2"], "prompt_number": 3, "language": "python"}
READ = {
    "with a byte order mark": (b"\xef\xbb\xbf" + notebook(CODE), ["a = 1"]),
    "of an unknown minor": (notebook(CODE, nbformat_minor=99), ["a = 1"]),
    "without a format": (json.dumps({"cells": [CODE]}).encode(), ["a = 1"]),
    "of format 3": (json.dumps({"nbformat": 3, "worksheets": [{"cells": [V3]}]}).encode(), ["a = 1\nb = 2"]),
    "with large outputs": (notebook({**CODE, "outputs": [OUTPUT]}), ["a = 1"]),
    "with NaN in an output": (notebook({**CODE, "outputs": [float("nan")]}), ["a = 1"]),
    "with half a surrogate in an output": (notebook({**CODE, "outputs": ["\ud83d"]}), ["a = 1"]),
    "with half a surrogate in its text": (notebook({**CODE, "source": "a = '\ud83d'"}), ["a = '?'"]),
    "with lines in a list": (notebook({**CODE, "source": ["a = 1\n", "b = 2"]}), ["a = 1\nb = 2"]),
    "without a source": (notebook({"cell_type": "code"}), [""]),
    "with a number for source": (notebook({**CODE, "source": 5}), [""]),
    "with a list of anything": (notebook({**CODE, "source": ["a", None, 3]}), ["a"]),
    "with an unknown kind": (notebook({"cell_type": "poem", "source": "roses"}), ["roses"]),
    "with keys twice": (b'{"nbformat": 4, "cells": [], "cells": [{"cell_type": "raw", "source": "a"}]}', ["a"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "sources"), READ.values(), ids=READ)
def test_what_is_odd_but_readable_is_read(tmp_path, content, sources):
    path = tmp_path / "ada.ipynb"
    path.write_bytes(content)

    assert [cell.source for cell in read(path).cells] == sources


def test_only_names_are_read_of_metadata(tmp_path):
    settings = {"grade_id": "05-2-answer", "points": 10**6, "schema_version": 99}
    metadata = {"id": "05-2", "nbgrader": settings, "tags": ["skip-execution"], "trusted": True}
    path = tmp_path / "ada.ipynb"
    path.write_bytes(notebook({**CODE, "metadata": metadata}))

    assert read(path).cells[0].metadata == {"id": "05-2", "nbgrader": {"grade_id": "05-2-answer"}}


# --- where a collected notebook is -----------------------------------------------------------------------------------


def test_a_renamed_notebook_is_located(tmp_path):
    path = handed_in(tmp_path, "ada", "my homework.ipynb")
    path.parent.mkdir(parents=True)
    path.write_bytes(SOUND)

    assert located(tmp_path, CHAPTER, "ada") == path


def test_two_renamed_notebooks_are_refused(tmp_path):
    handed_in(tmp_path, "ada").parent.mkdir(parents=True)
    for name in ("a.ipynb", "b.ipynb"):
        handed_in(tmp_path, "ada", name).write_bytes(SOUND)

    with pytest.raises(Refused, match=r"handed in a.ipynb, b.ipynb, where 05-convolutions.ipynb was expected"):
        located(tmp_path, CHAPTER, "ada")


def test_a_submission_that_is_a_link_is_refused(tmp_path):
    ada, ben = handed_in(tmp_path, "ada").parent, handed_in(tmp_path, "ben").parent
    ada.mkdir(parents=True)
    ben.parent.mkdir(parents=True)
    ben.symlink_to(ada)

    with pytest.raises(Refused, match="The submission of ben is a link"):
        located(tmp_path, CHAPTER, "ben")


# --- folders ---------------------------------------------------------------------------------------------------------


FOLDERS = {
    "by learner": ["ada.ipynb", f"ben/{CHAPTER}.ipynb", "cleo/my homework.ipynb"],
    "as nbgrader collects": [f"{name}/{CHAPTER}/{CHAPTER}.ipynb" for name in ("ada", "ben", "cleo")],
    "an exchange": [f"{name}+{CHAPTER}+2026-01-01 10:00:00 UTC+x/{CHAPTER}.ipynb" for name in ("ada", "ben", "cleo")],
    "with another chapter": [
        *(f"{name}/{CHAPTER}/{CHAPTER}.ipynb" for name in ("ada", "ben", "cleo")),
        "ada/02-backpropagation/02-backpropagation.ipynb",
        "dan/02-backpropagation/02-backpropagation.ipynb",
    ],
    "with what Jupyter leaves": ["ada.ipynb", "ben.ipynb", "cleo.ipynb", ".ipynb_checkpoints/ada-checkpoint.ipynb"],
}


@pytest.mark.parametrize("names", FOLDERS.values(), ids=FOLDERS)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_every_known_order_is_taken_in(tmp_path, names, packed):
    source = zip_of(tmp_path, *names) if packed else folder_of(tmp_path, *names)

    assert take_in(source, tmp_path, CHAPTER) == {"ada": "", "ben": "", "cleo": ""}
    assert handed_in(tmp_path, "cleo").read_bytes() == SOUND


def test_of_several_submissions_to_an_exchange_the_last_counts(tmp_path):
    names = [f"ada+{CHAPTER}+2026-01-0{day} 10:00:00 UTC/{CHAPTER}.ipynb" for day in (1, 3, 2)]
    source = folder_of(tmp_path, *names)
    (source / names[1]).write_bytes(notebook(CODE))

    assert take_in(source, tmp_path, CHAPTER) == {"ada": ""}
    assert handed_in(tmp_path, "ada").read_bytes() == notebook(CODE)


def test_names_are_taken_from_a_pattern(tmp_path):
    source = folder_of(tmp_path, "05 (ada_12) final.ipynb", "hw/05 (ben_7).ipynb", "notes.ipynb")

    found = take_in(source, tmp_path, CHAPTER, r"\((?P<learner>\w+)_\d+\)")

    assert taken(found) == {"ada", "ben"}
    assert "notes.ipynb does not name a learner" in found["notes.ipynb"]


@pytest.mark.parametrize(("pattern", "sentence"), [("(", "is no regular expression"), ("x", "no group called learner")])
def test_a_pattern_that_names_nobody_is_refused(tmp_path, pattern, sentence):
    with pytest.raises(ClassroomError, match=rf"{sentence}.* Try --student-from"):
        take_in(folder_of(tmp_path, "ada.ipynb"), tmp_path, CHAPTER, pattern)


def test_a_pattern_cannot_name_a_place_outside(tmp_path):
    source = folder_of(tmp_path, "ada/ada.ipynb")

    found = take_in(source, tmp_path, CHAPTER, r"(?P<learner>.*)\.ipynb")

    assert "does not name a learner" in found["ada/ada"]
    assert not (tmp_path / "grader").exists()


def test_two_notebooks_of_one_learner_are_refused(tmp_path):
    source = folder_of(tmp_path, "ada.ipynb", f"ada/{CHAPTER}.ipynb", "ben.ipynb")

    found = take_in(source, tmp_path, CHAPTER)

    assert found["ben"] == ""
    assert "ada handed in 2 notebooks, ada.ipynb and ada/05-convolutions.ipynb. Leave the one to grade" in found["ada"]


def test_names_of_files_cannot_act_on_a_terminal(tmp_path):
    source = folder_of(tmp_path, "ada.ipynb", "\x1b[2J\nben.ipynb", os.fsdecode(b"\xff.ipynb"))

    found = take_in(source, tmp_path, CHAPTER)

    assert taken(found) == {"ada"}
    assert all(text.isprintable() for text in [*found, *found.values()])


def test_links_in_a_folder_are_refused_and_the_others_taken(tmp_path):
    source = folder_of(tmp_path, "ada.ipynb")
    (source / "ben.ipynb").symlink_to(source / "ada.ipynb")
    (source / "cleo").symlink_to("/etc")

    found = take_in(source, tmp_path, CHAPTER)

    assert found == {"ada": "", "ben": found["ben"], "cleo": "cleo is a link. Hand in the notebook itself."}
    assert "ben.ipynb is no ordinary file" in found["ben"]


def test_an_archive_in_a_folder_is_refused(tmp_path):
    source = folder_of(tmp_path, "ada.ipynb", "ben.zip")

    assert "ben.zip is an archive within the folder. Unpack it" in take_in(source, tmp_path, CHAPTER)["ben"]


def test_a_folder_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox, "MOST_ENTRIES", 3)

    with pytest.raises(ClassroomError, match="holds more than 3 files"):
        take_in(folder_of(tmp_path, *"abcd"), tmp_path, CHAPTER)


def test_what_is_no_source_is_refused(tmp_path):
    with pytest.raises(ClassroomError, match="is neither a folder nor a zip"):
        take_in(tmp_path / "nowhere", tmp_path, CHAPTER)


def test_a_disk_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "grader").touch()

    with pytest.raises(ClassroomError, match=r"can't be written: .*\. Mend that and run it again"):
        take_in(folder_of(tmp_path, "ada.ipynb"), tmp_path, CHAPTER)


# --- zips ------------------------------------------------------------------------------------------------------------


def special(name, mode):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


HOSTILE = {
    "a way out": ("../../ben.ipynb", "names a place outside"),
    "a way out in the middle": ("ben/../../../ben.ipynb", "names a place outside"),
    "a way out on Windows": ("..\\..\\ben.ipynb", "names a place outside"),
    "the root": ("/ben.ipynb", "names a place outside"),
    "a drive": ("C:\\ben.ipynb", "names a place outside"),
    "a letter that no terminal shows": ("ben\x1b[2J.ipynb", "names a place outside"),
    "a link": ((special("ben.ipynb", stat.S_IFLNK | 0o777), b"/etc/passwd"), "is a link or a device"),
    "a device": ((special("ben.ipynb", stat.S_IFCHR | 0o666), b""), "is a link or a device"),
    "a pipe": ((special("ben.ipynb", stat.S_IFIFO | 0o666), b""), "is a link or a device"),
    "an archive": (("ben.zip", b"PK"), "is an archive within the archive"),
    "a bomb": (("ben.ipynb", bytes(30 * 2**20)), "would unpack to 30 MiB"),
    "something too large": (
        (special("ben.ipynb", stat.S_IFREG | 0o644), bytes(51 * 2**20)),
        "has 51 MiB; 50 are allowed",
    ),
    "nothing": (("ben.ipynb", b""), "is empty"),
}


@pytest.mark.parametrize(("entry", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_entry_is_refused_and_the_others_are_taken(tmp_path, entry, sentence):
    source = zip_of(tmp_path, "ada.ipynb", entry, "cleo.ipynb")

    found = take_in(source, tmp_path, CHAPTER)
    refused = [text for text in found.values() if text]

    assert taken(found) == {"ada", "cleo"}
    assert len(refused) == 1
    assert sentence in refused[0]
    assert {path.name for path in tmp_path.iterdir()} == {"inbox.zip", "grader"}


def test_the_same_name_twice_in_a_zip_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        source = zip_of(tmp_path, "ada.ipynb", "ben.ipynb", "ada.ipynb")

    found = take_in(source, tmp_path, CHAPTER)

    assert found["ben"] == ""
    assert "ada handed in 2 notebooks" in found["ada"]


def test_a_packed_folder_may_have_a_folder_around_everything(tmp_path):
    source = zip_of(tmp_path, "homework/ada.ipynb", "homework/ben.ipynb", "__MACOSX/homework/._ada.ipynb")

    assert take_in(source, tmp_path, CHAPTER) == {"ada": "", "ben": ""}


def test_a_damaged_entry_is_refused(tmp_path):
    source = zip_of(tmp_path, ("ada.ipynb", os.urandom(1000)), "ben.ipynb", compression=zipfile.ZIP_STORED)
    content = bytearray(source.read_bytes())
    content[200] ^= 255
    source.write_bytes(content)

    found = take_in(source, tmp_path, CHAPTER)

    assert found["ben"] == ""
    assert "ada.ipynb is damaged in the archive: Bad CRC-32" in found["ada"]


def test_an_entry_with_a_password_is_refused(tmp_path):
    source = zip_of(tmp_path, "ada.ipynb", "ben.ipynb")
    content = bytearray(source.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # the last entry's flags, in the list of files
    source.write_bytes(content)

    assert "protected by a password" in take_in(source, tmp_path, CHAPTER)["ben"]


def test_a_zip_that_is_none_is_refused(tmp_path):
    (tmp_path / "inbox.zip").write_bytes(b"hello")

    with pytest.raises(ClassroomError, match=r"can't be read as a zip: .*Get it once more"):
        take_in(tmp_path / "inbox.zip", tmp_path, CHAPTER)


def test_a_zip_whose_list_of_files_is_huge_is_not_read(tmp_path):
    source = zip_of(tmp_path, "ada.ipynb")
    content = bytearray(source.read_bytes())
    end = content.rindex(b"PK\x05\x06")
    content[end + 12 : end + 16] = (2**31).to_bytes(4, "little")
    source.write_bytes(content)

    with pytest.raises(ClassroomError, match="holds more than 20,000 files"):
        take_in(source, tmp_path, CHAPTER)


def test_a_zip_that_would_fill_the_disk_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox, "ALLOWED_MIB", 20)
    source = zip_of(tmp_path, *((f"learner{number}.ipynb", bytes(9 * 2**20)) for number in range(3)))

    with pytest.raises(ClassroomError, match="made to fill a disk"):
        take_in(source, tmp_path, CHAPTER)


@pytest.mark.parametrize("seed", range(200))
def test_a_damaged_zip_is_told(tmp_path, seed):
    """One byte in a hundred is another: a sentence for the zip, or for each notebook in it."""
    import random

    draw = random.Random(seed)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("ada", "ben", "cleo"):
            archive.writestr(f"{name}.ipynb", notebook(CODE))
    content = bytearray(buffer.getvalue())
    for _ in range(len(content) // 100):
        content[draw.randrange(len(content))] = draw.randrange(256)
    (tmp_path / "inbox.zip").write_bytes(content)

    try:
        found = take_in(tmp_path / "inbox.zip", tmp_path, CHAPTER)
    except ClassroomError as error:
        found = {"zip": str(error)}

    assert all(sentence == "" or sentence.endswith(".") for sentence in found.values())


def test_what_was_taken_in_is_what_was_handed_in(tmp_path):
    content = notebook({**CODE, "outputs": [], "metadata": {"tags": ["x"]}})

    take_in(zip_of(tmp_path, ("ada.ipynb", content)), tmp_path, CHAPTER)

    assert handed_in(tmp_path, "ada").read_bytes() == content
    assert nbformat.reads(content, as_version=4).cells[0].source == read(handed_in(tmp_path, "ada")).cells[0].source
    assert not list(handed_in(tmp_path, "ada").parent.glob("*.part"))
