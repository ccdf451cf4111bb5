"""Feedback pages: one file each, without a script and without anything from elsewhere.

Three walls: the notebook is clean by construction (``graded.harmless``), what people wrote as markdown passes bleach,
and a content security policy forbids the browser whatever might have passed both.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bleach
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

TEMPLATES = Path(__file__).parents[1] / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
TAGS = frozenset(
    {"a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i"}
)
TAGS |= {"details", "img", "li", "ol", "p", "pre", "span", "strong", "sub", "summary", "sup"}
TAGS |= {"table", "tbody", "td", "th", "thead", "tr", "ul"}
ATTRIBUTES = {"*": ["class", "id", "title"], "a": ["href"], "img": ["src", "alt"], "ol": ["start"]}
PROTOCOLS = ("http", "https", "mailto", "data")


class FeedbackPage(HTMLExporter):
    """A graded notebook as a page for its learner."""

    def __init__(self, config: Config | None = None, **kwargs: Any) -> None:
        settings = Config(config or {})
        # nbgrader names its own template for every HTMLExporter; the section of this class comes first.
        settings.FeedbackPage.template_name = "feedback_page"
        settings.FeedbackPage.extra_template_basedirs = [str(TEMPLATES)]
        settings.CSSHTMLHeaderPreprocessor.enabled = True
        settings.CSSHTMLHeaderPreprocessor.style = "default"  # JupyterLab's takes its colours from JupyterLab
        super().__init__(config=settings, **kwargs)  # type: ignore[no-untyped-call]

    def default_filters(self) -> Iterable[tuple[str, Any]]:
        """nbconvert's, and ``clean``."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "clean", clean

    def _init_resources(self, resources: Any) -> Any:
        made = super()._init_resources(resources)  # type: ignore[no-untyped-call]
        made["policy"] = POLICY
        return made


def clean(html: str) -> str:
    """HTML made from markdown, with only what can't act; links of ``data:`` are left to pictures."""
    cleaned = bleach.clean(html, tags=TAGS, attributes=_is_allowed, protocols=PROTOCOLS, strip=True)
    return str(cleaned)


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name in ("href", "src") and value.strip().lower().startswith("data:"):
        return tag == "img" and value.lower().startswith(("data:image/png", "data:image/jpeg"))
    return name in (*ATTRIBUTES["*"], *ATTRIBUTES.get(tag, ()))
