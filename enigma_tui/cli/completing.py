"""Completes words for shells: scripts for them, and what those ask this program.

click finds what there is to offer. Its own scripts hand over the words as the shell has taken them
apart, and bash takes `state:live` apart; nor do they tell an offer that wants to be gone on with,
`ext:`, from one that is complete. So the line is handed over as it stands, up to the cursor.
"""

import os
from typing import Any, NamedTuple

from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    split_arg_string,
)

PROGRAM = "enigma-tui"

VARIABLE = "_ENIGMA_TUI_COMPLETE"
"""What tells the program that it is to complete a line, and for which shell."""

LINE, BREAKS = "COMP_LINE", "COMP_WORDBREAKS"
"""Where the line up to the cursor is, and at which characters bash takes words apart."""


class _Word(NamedTuple):
    """The word that is being typed."""

    begin: int
    """Where in the line."""
    quote: str
    """The quote that is open, or nothing."""
    inside: int
    """Where what stands in that quote begins."""


def word_at_end(line: str) -> _Word:
    """Return the word that a line ends in, as shells take it."""
    begin = inside = 0
    quote, escaped = "", False
    for place, char in enumerate(line):
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote, inside = char, place + 1
        elif char.isspace():
            begin = place + 1
    return _Word(begin, quote, inside)


class _LineComplete(ShellComplete):
    """Completes the line that a shell hands over.

    Prints a line for each offer, with tabs between: what kind it is, the text, and help. An offer
    that is `open` wants to be gone on with, `whole` is a word; for `file` and `dir` the shell
    itself looks.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.line = os.environ.get(LINE, "")
        self.word = word_at_end(self.line)
        typed = split_arg_string(self.line[self.word.begin :])
        self.typed = typed[0] if typed else ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is being typed, and that one."""
        return split_arg_string(self.line[: self.word.begin])[1:], self.typed

    def complete(self) -> str:
        """Return all offers."""
        found = self.get_completions(*self.get_completion_args())
        return "\n".join([self.format_completion(item) for item in found])

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return an offer as the script expects it."""
        if item.type != "plain":
            return item.type
        kind = "open" if item.open_ended else "whole"
        # What stands before the value in --option=value is no part of what click offers.
        option, equals, _ = self.typed.partition("=")
        head = option + equals if equals and option.startswith("--") else ""
        help = " ".join((item.help or "").split())
        return f"{kind}\t{self.in_place(head + item.value)}\t{help}"

    def in_place(self, text: str) -> str:
        """Return what the shell puts in the place of what has been typed of `text`."""
        return text


class Bash(_LineComplete):
    """Completes for bash, which puts an offer in the place of a part of the word as it stands."""

    name = "bash"
    source_template = """\
_enigma_tui() {
    local kind text _
    COMPREPLY=()
    while IFS=$'\\t' read -r kind text _; do
        case $kind in
            file) compopt -o default 2>/dev/null ;;
            dir) compopt -o dirnames 2>/dev/null ;;
            open) COMPREPLY+=("$text"); compopt -o nospace 2>/dev/null ;;
            whole) COMPREPLY+=("$text") ;;
        esac
    done < <(%(complete_var)s=bash_complete COMP_LINE="${COMP_LINE:0:COMP_POINT}" \\
        COMP_WORDBREAKS="$COMP_WORDBREAKS" "$1" 2>/dev/null)
}
complete -F _enigma_tui %(prog_name)s
"""

    def in_place(self, text: str) -> str:
        """Return what stands there from the last break on, and what it goes on with, quoted."""
        begin, quote, inside = self.word
        if quote:
            begin = inside
        else:
            breaks = os.environ.get(BREAKS, "")
            for place in range(begin, len(self.line)):
                if self.line[place] in breaks and self.line[place - 1] != "\\":
                    begin = place + 1
        return self.line[begin:] + _quoted(text[len(self.typed) :], quote)


_SPECIAL = {"": " \t\"'\\<>|&;()*?!$`#~[]{}", '"': '"\\$`', "'": ""}
"""What means something to bash: outside of quotes, and within each kind."""


def _quoted(text: str, quote: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL[quote] else char for char in text)


class Zsh(_LineComplete):
    """Completes for zsh, which quotes by itself.

    Loaded from a file, the function takes the place of the one that zsh has made of that file:
    their names must be the same.
    """

    name = "zsh"
    source_template = """\
#compdef %(prog_name)s
_enigma-tui() {
    local kind text help
    local -a open whole
    local line="${(j: :)words[1,CURRENT-1]} $IPREFIX$QIPREFIX$PREFIX"
    while IFS=$'\\t' read -r kind text help; do
        case $kind in
            file) _files ;;
            dir) _files -/ ;;
            open) open+=("${text//:/\\\\:}${help:+:$help}") ;;
            whole) whole+=("${text//:/\\\\:}${help:+:$help}") ;;
        esac
    done < <(%(complete_var)s=zsh_complete COMP_LINE="$line" "${words[1]}" 2>/dev/null)
    (( $#open )) && _describe %(prog_name)s open -S ''
    (( $#whole )) && _describe %(prog_name)s whole
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _enigma-tui "$@"
else
    compdef _enigma-tui %(prog_name)s
fi
"""


class Fish(_LineComplete):
    """Completes for fish, which quotes by itself, and sees by the last character what is open."""

    name = "fish"
    source_template = """\
function __enigma_tui
    set -l words (commandline -op)
    for line in (env %(complete_var)s=fish_complete COMP_LINE=(commandline -cp | string collect) \\
            $words[1] 2>/dev/null)
        set -l parts (string split -m 2 \\t -- $line)
        switch $parts[1]
            case file
                __fish_complete_path (commandline -ct)
            case dir
                __fish_complete_directories (commandline -ct)
            case '*'
                printf '%%s\\t%%s\\n' $parts[2] $parts[3]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments '(__enigma_tui)'
"""


SHELLS = {each.name: each for each in (Bash, Zsh, Fish)}

for _each in SHELLS.values():
    add_completion_class(_each)
