#!/usr/bin/env bash
# A man page out of a program's --help.   man.sh PROGRAM VERSION "what it is, in a line" >PROGRAM.1
#
# All of our --help texts have one shape, and this reads no other:
#   usage: NAME ...     the synopsis, up to the first empty line
#   text at the edge    a paragraph; one that ends in ':' before a list is the heading of that list
#     WORD  text        two blanks before it: an entry of a list. Its text stands behind two blanks or more,
#           more text   or on the deeper lines below it
# help2man, tried first, makes one flat row of paragraphs of the settings, and wants Perl.
set -euo pipefail

[ $# = 3 ] || {
    sed -n '2s/^# //p' "$0" >&2
    exit 2
}

"$1" --help | awk -v name="$(basename "$1")" -v version="$2" -v what="$3" '
    function escaped(text) {
        gsub(/\\/, "\\e", text)
        gsub(/-/, "\\-", text)
        return text ~ /^[.\047]/ ? "\\&" text : text
    }
    function bold(text) { return "\\fB" escaped(text) "\\fR" }
    function section_open(title) {
        if (title != section) print ".SH " title
        section = title
        paragraphs = 0
    }
    # What readers of man pages look for, for what our texts say. "Options of judge" are not those of the program.
    function list_open(heading) {
        if (heading ~ /^Settings/) section_open("ENVIRONMENT")
        else if (heading ~ /^exit status/) section_open("\"EXIT STATUS\"")
        else section_open("OPTIONS")
        if (heading ~ / of .*:$/) print ".SS " escaped(substr(heading, 1, length(heading) - 1))
        paragraphs++
    }
    # One behind a list says more of the list, so it stays in its section.
    function paragraph_print() {
        if (held == "") return
        if (section == "") section_open("DESCRIPTION")
        print (paragraphs++ ? ".PP\n" : "") escaped(held)
        held = ""
    }
    # A paragraph waits here until it is known whether a list follows.
    function paragraph_end() {
        if (text == "") return
        paragraph_print()
        held = text
        text = ""
    }
    function entry_print(line,    gap, tag, word) {
        sub(/^  /, "", line)
        gap = match(line, /  +/)
        tag = gap ? substr(line, 1, gap - 1) : line
        word = tag
        if (tag !~ /, -/) sub(/[ =].*/, "", word)
        print ".TP\n" bold(word) escaped(substr(tag, length(word) + 1))
        if (gap) print escaped(substr(line, gap + RLENGTH))
    }
    function entry(line,    heading) {
        paragraph_end()
        if (held ~ /:$/ && held !~ /\. /) { heading = held; held = "" }
        paragraph_print()
        if (heading != "" || section == "" || section == "DESCRIPTION") list_open(heading)
        entry_print(line)
    }
    BEGIN {
        print ".\\\" Made from " name " --help by deploy/man.sh: change it there."
        printf ".TH %s 1 \"\" \"topkd %s\" \"User commands\"\n", toupper(name), version
        print ".nh\n.SH NAME\n" escaped(name " - " what) "\n.SH SYNOPSIS"
        in_synopsis = 1
    }
    in_synopsis && /^$/ { in_synopsis = 0; next }
    in_synopsis && sub(/^usage: [^ ]+/, "") { print bold(name) escaped($0); next }
    in_synopsis { sub(/^ +/, ""); print ".br\n" escaped($0); next }
    /^$/ { paragraph_end(); next }
    /^  [^ ]/ { entry($0); next }
    sub(/^ +/, "") { print escaped($0); next }
    { text = text (text == "" ? "" : " ") $0 }
    END { paragraph_end(); paragraph_print() }
'
