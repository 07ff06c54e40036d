# store/lua/embed.awk - the scripts of this folder as Redis gets them.
#
#   awk -f embed.awk SCRIPT...           as arrays of C, lua_NAME, for store/redis_scripts.c
#   awk -v plain=1 -f embed.awk SCRIPT   as Lua, for the linter
#
# A line stays a line, so the number in an error of Redis ("user_script:27: ...") is that of the file. Comments and
# indentation go. `-- include: NAME` becomes NAME of the folder include/, all of it on this one line.

function fail(why) {
    print FILENAME ":" FNR ": " why > "/dev/stderr"
    failed = 1
    exit 1
}

# Comments stand on lines of their own.
function stripped(line) {
    gsub(/^[ \t]+|[ \t]+$/, "", line)
    if (line ~ /^--/) return ""
    if (line ~ /--/) fail("expected a comment on a line of its own, got one behind code: move it above")
    return line
}

function included(name,    file, line, text) {
    file = FILENAME
    sub(/[^\/]*$/, "include/" name, file)
    while ((getline line < file) > 0)
        if ((line = stripped(line)) != "") text = text (text == "" ? "" : " ") line
    close(file)
    if (text == "") fail("expected a file " file ", got none: correct the name")
    return text
}

function emit(line,    i, c) {
    if (plain) {
        print line
        return
    }
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (!(c in code)) fail("expected ASCII, got " c ": write it in ASCII")
        printf "%d,", code[c]
    }
    print "10,"
}

function end_script() { if (!plain && open) print "0};" }

BEGIN { for (i = 32; i < 127; i++) code[sprintf("%c", i)] = i }
FNR == 1 {
    end_script()
    open = 1
    name = FILENAME
    gsub(/.*\/|\.lua$/, "", name)
    if (!plain) printf "static const char lua_%s[] = {", name
}
/^-- include: / { emit(included($3)); next }
{ emit(stripped($0)) }
END { if (!failed) end_script() }
