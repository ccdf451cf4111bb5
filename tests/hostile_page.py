"""A notebook with script in every place where a learner can write, and what a page with none of it looks like."""

import re
from html.parser import HTMLParser

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from small_course import CHAPTER, hand_in

from layerwise_grader import build

RUN = "window.hacked=1"
SCRIPT = f"<script>{RUN}</script>"
IMAGE = f"<img src=x onerror={RUN}>"
REMOTE = "https://evil.example/seen.png"
MARKDOWN = [
    SCRIPT,
    IMAGE,
    f"<svg/onload={RUN}>",
    f"[press](javascript:{RUN})",
    f"![]({REMOTE})",
    f"<iframe srcdoc='{SCRIPT}'></iframe>",
    f"<a href='page.html' onclick={RUN}>notes</a>",
    f'<meta http-equiv="refresh" content="0;url={REMOTE}"><base href="{REMOTE}"><style>@import "{REMOTE}"</style>',
    f"```\n{SCRIPT}\n```\n{IMAGE}",
    f"````\n```\n````\n`````text\n{IMAGE}",
    f"x\x0b```\x0c```\x85{IMAGE}\u2028```\r{SCRIPT}",
    f"$$\\href{{javascript:{RUN}}}{{x}}$$ \\begin{{x}}{SCRIPT}\\end{{x}}",
    f"[x]: javascript:{RUN}\n\n[x] <javascript:{RUN}>",
    f'<form action="{REMOTE}"><button>go</button></form>',
    f"<!-- {SCRIPT} --> --> {IMAGE}",
]
RAISES = f'''def output_size(n, kernel, stride, padding, dilation):
    raise ValueError("""{SCRIPT}{IMAGE} $\\\\href{{javascript:{RUN}}}{{x}}$""")  # {SCRIPT}'''
RETURNS = f'''def same_padding(n, kernel, stride):
    return {{"{IMAGE}": "{SCRIPT}"}}'''
TEXT = f'''def conv2d(image, kernel):
    return """{IMAGE}"""'''


def notebook(root):
    """It, as handed in by mallory; its path."""
    folder = hand_in(root, "ada")
    made = build.read(folder / "ada.ipynb")
    answers = {"05-1-answer": RAISES, "05-3-answer": RETURNS, "05-2-answer": TEXT}
    for cell in made.cells:
        cell.source = answers.get(cell.id, cell.source)
        cell.metadata |= {"name": IMAGE, "tags": [SCRIPT], "jupyter": {"source_hidden": SCRIPT}}
        if cell.cell_type == "code":
            cell.outputs = outputs()
    made.cells += [new_markdown_cell(text) for text in MARKDOWN]
    made.cells += [new_raw_cell(SCRIPT, metadata={"raw_mimetype": "text/html", "format": "text/html"})]
    made.cells += [new_code_cell(f"%%javascript\n{RUN}", outputs=outputs()), new_code_cell(f"# {SCRIPT}\nx = 1")]
    attached = new_markdown_cell("![](attachment:x.svg)")
    attached["attachments"] = {"x.svg": {"image/svg+xml": f"<svg onload={RUN}></svg>", "text/html": SCRIPT}}
    made.cells.append(attached)
    made.metadata = {
        "kernelspec": {"name": SCRIPT, "display_name": IMAGE, "language": SCRIPT},
        "language_info": {"name": SCRIPT, "pygments_lexer": SCRIPT, "codemirror_mode": SCRIPT},
        "title": SCRIPT,
        "authors": [{"name": IMAGE}],
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"x": {"model_name": SCRIPT}}}},
        "layerwise": {"isolation": SCRIPT, "engine": IMAGE},
    }
    path = folder / "mallory.ipynb"
    nbformat.write(made, path)
    (folder / "ada.ipynb").unlink()
    return path


def outputs():
    data = {
        "text/html": SCRIPT,
        "text/markdown": IMAGE,
        "text/latex": f"$\\href{{javascript:{RUN}}}{{x}}$",
        "image/svg+xml": f"<svg onload={RUN}></svg>",
        "application/javascript": RUN,
        "application/vnd.layerwise.report+json": {"earned": 400, "title": SCRIPT},
    }
    return [
        new_output("display_data", data),
        new_output("stream", name="stderr", text=SCRIPT),
        new_output("error", ename=SCRIPT, evalue=IMAGE, traceback=[SCRIPT]),
    ]


class Page(HTMLParser):
    """What a browser would act on in a page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "iframe", "object", "embed", "form", "base", "svg", "math", "link", "template"):
            self.found.append(tag)
        for name, value in attributes:
            value = re.sub(r"\s", "", value or "").lower()
            if name.startswith("on") or value.startswith(("javascript:", "vbscript:", "data:text")):
                self.found.append(f"{tag} {name}={value}")
            if name in ("src", "href", "data", "action") and not value.startswith(("#", "data:image/")):
                self.found.append(f"{tag} {name}={value}")


def acts(html):
    """What in a page a browser would run or load; empty when it does nothing."""
    page = Page()
    page.feed(html)
    page.close()
    return page.found


__all__ = ["CHAPTER", "REMOTE", "RUN", "acts", "notebook"]
