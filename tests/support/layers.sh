#!/usr/bin/env bash
# Fails if a file of lib/ or cmd/ includes what its folder may not know. The tables are the architecture: a folder's
# line names the folders of lib/ that it may include besides its own; a library's line, the folders that may name it.
set -euo pipefail
cd "$(dirname "$0")/../.."

folders() {
    cat <<'TABLE'
base
list                  base
event                 base
protocol              base
config                base event
decode                base event
sketch                base list
source                base
store                 base protocol
partition             base event protocol sketch
hub                   base config event protocol sketch store
consumer              base event decode protocol partition source hub
publisher             base protocol store hub
merger                base list protocol store hub
worker                base event protocol source store hub consumer publisher merger
serve                 base
loadgen               base event
cmd/topkd             base config event decode protocol source store worker serve
cmd/topkd-loadgen     base config event loadgen serve
cmd/topkd-audit       base config
cmd/topkd-mockbroker  base
TABLE
}
# cmd/topkd knows events, decoding and the rules for times because of `topkd judge`, which shows what they say.
# The audit is a second opinion: it must not think with the worker's head (event, decode, sketch, partition and what
# stands on them).

libraries() {
    cat <<'TABLE'
librdkafka  source cmd/topkd-audit cmd/topkd-loadgen cmd/topkd-mockbroker
hiredis     store cmd/topkd-audit
jansson     decode cmd/topkd-audit
xxhash      base
microhttpd  serve
zlib        loadgen
TABLE
}

# "file header" for every include of lib/ and cmd/.
includes() {
    find lib cmd \( -name '*.[ch]' -o -name '*.def' \) -print0 |
        xargs -0 sed -nE '/^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]/{s/.*["<]([^">]+)[">].*/\1/;F;p}' |
        paste -d ' ' - -
}

# shellcheck disable=SC2016
awk '
    FNR == 1 { table++ }
    table == 1 { known[$1]; for (i = 2; i <= NF; i++) may[$1, $i] }
    table == 2 { library[$1]; for (i = 2; i <= NF; i++) may_name[$1, $i] }
    table < 3 { next }
    {
        folder = $1; sub(/\/[^\/]*$/, "", folder); sub(/^lib\//, "", folder)
        target = $2; sub(/\/.*/, "", target)
        name = target; sub(/\..*/, "", name); sub(/^lib/, "", name)
        if (!(folder in known)) wrong[$1 ": " folder " has no line in the table of layers"]
        if (target != folder && (target in known) && !((folder, target) in may))
            wrong[$1 ": \"" $2 "\" is not below " folder]
        if ((target in library || name in library) && !((target, folder) in may_name || (name, folder) in may_name))
            wrong[$1 ": <" $2 "> is not for " folder]
    }
    END { for (w in wrong) { print w; bad = 1 } exit bad }
' <(folders) <(libraries) <(includes) >&2
