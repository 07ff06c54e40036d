# shellcheck shell=bash
# What the scripts of this folder share: ports, and ending a server that runs on a folder. Sourced, never run.
# A script that uses end_server defines running_pid DIR: the pid of the server on DIR, or failure.

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# The comment at the top of the script, up to `set`.
usage() {
    sed -n '2,/^set -/{/^set -/d; s/^# \{0,1\}//; p}' "$0"
    exit 2
}

# Below the range that the kernel hands to clients, so that no outgoing connection sits on the port at a restart.
free_port() {
    local port
    while :; do
        port=$((RANDOM % 12000 + 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# A zombie (its parent has not asked yet) is gone as well.
await_gone() { # PID SECONDS
    local i
    for ((i = 0; i < $2 * 50; i++)); do
        kill -0 "$1" 2>/dev/null || return 0
        [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null)" = Z ] && return 0
        sleep 0.02
    done
    return 1
}

# Sends SIGNAL and waits; after SECONDS it is SIGKILL. Nothing to end is success.
end_server() { # DIR SIGNAL SECONDS
    local dir pid
    dir=$(cd "$1" 2>/dev/null && pwd -P) || return 0
    pid=$(running_pid "$dir") || return 0
    kill "-$2" "$pid" 2>/dev/null || true
    if ! await_gone "$pid" "$3"; then
        kill -9 "$pid" 2>/dev/null || true
        await_gone "$pid" 5 || die "process $pid does not end"
    fi
    rm -f "$dir/pid"
}
