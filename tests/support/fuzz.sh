#!/usr/bin/env bash
# Runs fuzzers of DIR, each for FUZZ_SECONDS, and longer until it did FUZZ_RUNS. A fuzzer begins with its seeds
# (tests/data/NAME*/) and with what earlier runs found (DIR/corpus/NAME), and may know words (tests/fuzz/NAME.dict). An
# input that fails is kept in DIR/crashes, and its bytes are shown.
#   fuzz.sh DIR fuzz_name...
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

dir=${1:?}
shift
seconds=${FUZZ_SECONDS:-600} runs=${FUZZ_RUNS:-0}
passed=0 failed=0

# One run of $fuzzer over $corpus and $seeds.
fuzz() {
    "$dir/$fuzzer" "$1" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$dir/crashes/$fuzzer-" "${words[@]}" "$corpus" "${seeds[@]}" \
        >"$dir/$fuzzer.log" 2>&1 </dev/null
}
fuzz_executed() { sed -nE 's/^stat::number_of_executed_units: *([0-9]+)$/\1/p' "$dir/$fuzzer.log"; }
# The time first, then the cases that are missing.
fuzz_whole() {
    local done
    fuzz -max_total_time="$seconds" || return
    done=$(fuzz_executed)
    [ "$done" -ge "$runs" ] || fuzz -runs=$((runs - done))
}

for fuzzer in "$@"; do
    corpus=$dir/corpus/${fuzzer#fuzz_}
    mkdir -p "$corpus" "$dir/crashes"
    seeds=(tests/data/"${fuzzer#fuzz_}"*/)
    [ -d "${seeds[0]}" ] || seeds=()
    words=("-dict=tests/fuzz/${fuzzer#fuzz_}.dict")
    [ -f "${words[0]#-dict=}" ] || words=()
    echo "$fuzzer: $seconds s, $runs cases at least"
    if fuzz_whole; then
        passed=$((passed + 1))
        grep -E 'number_of_executed_units|average_exec_per_sec' "$dir/$fuzzer.log" || true
    else
        failed=$((failed + 1))
        tail -n 60 "$dir/$fuzzer.log"
    fi
done
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
