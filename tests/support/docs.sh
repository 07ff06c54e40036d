#!/usr/bin/env bash
# The generated texts: deploy/env.example, and the parts of README.md between `<!-- topkd --print NAME -->` and
# `<!-- end -->`, are what build/bin/topkd prints. `docs.sh write` writes them, `docs.sh check` fails if they differ.
set -euo pipefail
cd "$(dirname "$0")/../.."

PROGRAM=build/bin/topkd
SECTIONS="markdown-config markdown-metrics"

# README.md with every generated part as the program prints it now.
renewed_readme() {
    local line section
    while IFS= read -r line; do
        printf '%s\n' "$line"
        [[ $line =~ ^'<!-- topkd --print '([a-z-]+)' -->'$ ]] || continue
        section=${BASH_REMATCH[1]}
        "$PROGRAM" --print "$section"
        while IFS= read -r line && [ "$line" != '<!-- end -->' ]; do :; done
        printf '%s\n' "$line"
    done <README.md
}

for section in $SECTIONS; do
    grep -qxF "<!-- topkd --print $section -->" README.md || {
        echo "README.md has no part '<!-- topkd --print $section -->'" >&2
        exit 1
    }
done
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$PROGRAM" --print env >"$fresh/env.example"
renewed_readme >"$fresh/README.md"

case ${1:-} in
write)
    cp "$fresh/env.example" deploy/env.example
    cp "$fresh/README.md" README.md
    ;;
check)
    status=0
    diff -u deploy/env.example "$fresh/env.example" >&2 || status=1
    diff -u README.md "$fresh/README.md" >&2 || status=1
    [ $status = 0 ] || echo "run \`make docs\`" >&2
    exit $status
    ;;
*)
    echo "usage: docs.sh write|check" >&2
    exit 2
    ;;
esac
