"""The pages of qlumod-doc, from *.md and docs/*.md: ``render_docs.py DIRECTORY``."""

import re
import shutil
import sys
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ max-width: 60em; margin: auto; padding: 1em; font-family: sans-serif; line-height: 1.4; }}
pre {{ overflow-x: auto; background: #f4f4f4; padding: .5em; line-height: 1.2; }}
table {{ border-collapse: collapse; }}
td, th {{ border: thin solid #bbb; padding: .2em .5em; text-align: left; vertical-align: top; }}
</style>
</head>
<body>
{body}</body>
</html>
"""
LINK = re.compile(r'(?<= href=")(?:docs/|\.\./)?([\w-]+)\.md(?=[#"])')


def main(directory: Path) -> None:
    """Write index.html and one page for each document."""
    source = Path(__file__).resolve().parents[1]
    directory.mkdir(parents=True)
    for path in sorted((*source.glob("*.md"), *source.glob("docs/*.md"))):
        page = _page(path.read_text(encoding="utf-8"))
        (directory / f"{_name(path.stem)}.html").write_text(page, encoding="utf-8")
    for picture in sorted(source.glob("docs/*.svg")):
        shutil.copyfile(picture, directory / picture.name)


def _name(stem: str) -> str:
    return "index" if stem == "README" else stem


def _page(text: str) -> str:
    reader = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=4)
    title = next(line.lstrip("# ") for line in text.splitlines() if line.startswith("# "))
    body = LINK.sub(lambda link: f"{_name(link[1])}.html", reader.render(text))
    return PAGE.format(title=escape(title), body=body)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
