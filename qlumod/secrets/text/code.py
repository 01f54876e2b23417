"""Whether a text is source code, in which an unquoted name is a variable."""

import re

from qlumod.secrets.part import Part

_SUFFIXES = re.compile(
    r"\.(?:py|pyi|pl|pm|t|rb|js|mjs|cjs|ts|tsx|jsx|php\d?|phtml|c|h|cc|cpp|hpp|cs|java|kt|scala|go|rs"
    r"|lua|tcl|el|lisp|scm|hs|ml|erl|ex|exs|r|jl|swift|vala|awk|m4|vim|css|scss|html?|xhtml|xsl"
    r"|xsd|dtd|tex|sty|cls|md|rst|adoc|po|pot|texi|svg|desktop|[1-8][a-z]{0,4})(?:\.(?:gz|xz|bz2|zst))?\Z"
    r"|[_-][a-z]{2}(?:_[a-z]{2})?\.(?:properties|lang|json)\Z",
    re.IGNORECASE,
)
_SHEBANG = re.compile(rb"#![^\n]*(?:python|perl|ruby|node|php|lua|tclsh|awk|Rscript|guile)")


def is_code(part: Part) -> bool:
    """Whether unquoted values are not literals: in programs (except shell) and translations."""
    return bool(_SUFFIXES.search(part.called) or _SHEBANG.match(part.data))
