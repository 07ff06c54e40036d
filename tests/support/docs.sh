#!/usr/bin/env bash
# The generated texts are what build/bin/topkd prints: deploy/env.example, and the parts of README.md and
# deploy/METRICS.md between `<!-- topkd --print NAME -->` and `<!-- end -->`.
#   docs.sh write   writes them
#   docs.sh check   fails if they differ, or if a page names a metric or a setting that no program has
set -euo pipefail
cd "$(dirname "$0")/../.."

PROGRAM=build/bin/topkd
# page             its generated part
PARTS='README.md          markdown-config
deploy/METRICS.md  markdown-metrics'
METRICS=lib/base/metrics.def
SETTINGS=lib/config/config.def

# PAGE with every generated part as the program prints it now.
renewed() { # PAGE
    local line
    while IFS= read -r line; do
        printf '%s\n' "$line"
        [[ $line =~ ^'<!-- topkd --print '([a-z-]+)' -->'$ ]] || continue
        "$PROGRAM" --print "${BASH_REMATCH[1]}"
        while IFS= read -r line && [ "$line" != '<!-- end -->' ]; do :; done
        printf '%s\n' "$line"
    done <"$1"
}

# Without its marks a page would keep whatever stands there, for ever.
check_marks() {
    local page part
    while read -r page part; do
        grep -qxF "<!-- topkd --print $part -->" "$page" && grep -qxF '<!-- end -->' "$page" && continue
        echo "$page: expected '<!-- topkd --print $part -->' and '<!-- end -->', got none: put the marks back" >&2
        return 1
    done <<<"$PARTS"
}

# Every generated file into FOLDER, under its own name.
renew_all() { # FOLDER
    local page
    mkdir -p "$1/deploy"
    "$PROGRAM" --print env >"$1/deploy/env.example"
    while read -r page _; do renewed "$page" >"$1/$page"; done <<<"$PARTS"
}

pages() { find . -name '*.md' -not -path './build/*' -not -path './.*' -not -name RESULTS.md; }

# A word that ends in '_' stands for a family: topkd_lag_*, TOPKD_FIELD_*.
check_words() { # PATTERN KNOWN WHAT
    local page line word status=0
    while IFS=: read -r page line word; do
        grep -qxF -- "$word" <<<"$2" && continue
        [[ $word = *_ ]] && grep -qF -- "$word" <<<"$2" && continue
        [[ $word = TOPKD_RDKAFKA_* ]] && continue # those are librdkafka's
        echo "${page#./}:$line: expected a $3 that exists, got $word: correct it, or add it to its table" >&2
        status=1
    done < <(pages | xargs grep -noE "$1")
    return $status
}

check_names() {
    local metrics settings status=0
    metrics=$(sed -n 's/^X([A-Z_]*, [A-Z]*, "\([a-z_]*\)".*/\1/p' $METRICS)
    settings=$(sed -n 's/^X([a-z_]*, \([A-Z_]*\),.*/TOPKD_\1/p' $SETTINGS)
    settings+=$'\n'$(sed 's/$/_FILE/' <<<"$settings")$'\nTOPKD_TEST_DATA'
    check_words '\btopkd_[a-z_]+\b' "$metrics" metric || status=1
    check_words '\bTOPKD_[A-Z_]+\b' "$settings" setting || status=1
    return $status
}

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
check_marks
renew_all "$fresh"
generated=$(cd "$fresh" && find . -type f)

case ${1:-} in
write)
    for file in $generated; do cmp -s "$fresh/$file" "$file" || cp "$fresh/$file" "$file"; done
    ;;
check)
    status=0
    for file in $generated; do diff -u "$file" "$fresh/$file" >&2 || status=1; done
    [ $status = 0 ] || echo "run \`make docs\`" >&2
    check_names || status=1
    exit $status
    ;;
*)
    echo "usage: docs.sh write|check" >&2
    exit 2
    ;;
esac
