"""qlumod completion: words completed by the shell."""

import sys

import click

from qlumod.cli import options

SCRIPTS = {
    "bash": """\
# Completion of qlumod's words; made by `qlumod completion bash`.
_qlumod() {
    local IFS=$'\\n' type value help
    COMPREPLY=()
    while IFS=$'\\t' read -r type value help; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            open) compopt -o nospace; COMPREPLY+=("$value") ;;
            *) COMPREPLY+=("$value") ;;
        esac
    done < <(_QLUMOD_COMPLETE=bash_complete COMP_CURRENT="${COMP_WORDS[COMP_CWORD]}" \\
        COMP_WORDS="${COMP_WORDS[*]:0:COMP_CWORD}" "$1" 2>/dev/null)
}
complete -o nosort -F _qlumod qlumod
""",
    "zsh": """\
#compdef qlumod
# Completion of qlumod's words; made by `qlumod completion zsh`.
_qlumod() {
    local line type value help
    local -i nothing=1
    local -a answer described open
    answer=("${(@f)$(_QLUMOD_COMPLETE=zsh_complete COMP_WORDS="${(pj:\\n:)words[1,CURRENT-1]}" \\
        COMP_CURRENT="${words[CURRENT]}" ${words[1]} 2>/dev/null)}")
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    for line in $answer; do
        IFS=$'\\t' read -r type value help <<< $line
        case $type in
            dir) compset -P 1 '*='; _path_files -/ && nothing=0 ;;
            file) _path_files && nothing=0 ;;
            open) open+=($value) ;;
            *) described+=("${value//:/\\\\:}${help:+:$help}") ;;
        esac
    done
    (( $#described )) && _describe -V qlumod described && nothing=0
    (( $#open )) && compadd -S '' -a open && nothing=0
    return nothing
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _qlumod "$@"
else
    compdef _qlumod qlumod
fi
""",
    "fish": """\
# Completion of qlumod's words; made by `qlumod completion fish`.
function __qlumod_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l prefix (string match -r -- '^--[^=]*=' $current)
    for line in (_QLUMOD_COMPLETE=fish_complete COMP_WORDS=(string join \\n -- $words | \\
            string collect) COMP_CURRENT="$current" command $words[1] 2>/dev/null)
        set -l part (string split \\t -- $line)
        switch $part[1]
            case dir
                set -l before (string match -r -- '^.*=' $current)
                for path in (__fish_complete_directories (string replace -r -- '^.*=' '' $current))
                    echo "$before$path"
                end
            case file
                __fish_complete_path (string replace -r -- '^--[^=]*=' '' $current)
            case '*'
                printf '%s%s\\t%s\\n' "$prefix" $part[2] "$part[3]"
        end
    end
end
complete --no-files --keep-order --command qlumod --arguments '(__qlumod_complete)'
""",
}


@options.verb(
    examples=[
        'eval "$(qlumod completion bash)"',
        'eval "$(qlumod completion zsh)"',
        "qlumod completion fish > ~/.config/fish/completions/qlumod.fish",
    ]
)
@click.argument("shell", type=click.Choice([*SCRIPTS]))
def command(*, shell: str) -> None:
    """Print the script that makes a shell complete qlumod's words.

    Debian's packages install it. Without them, put the first example into ~/.bashrc, or the second
    into ~/.zshrc after compinit.
    """
    sys.stdout.write(SCRIPTS[shell])
