#!/usr/bin/env bash
# Drives a server past what it can do and shows what becomes of the calls that it accepts. Needs wrk, curl and the .NET SDK.
#
#   bench/overload/run.sh [SECONDS]        each load for SECONDS, 60 when not given
#
# Server and load get processors of their own, the lower and the upper half: a load that takes time from the server would say more about the
# machine than about the server. SERVER_CPUS, LOAD_CPUS (as for taskset), CONNECTIONS (256), STORE (rocksdb), SCENARIOS ("create_instance get_instance") and LOADS ("0.5 1 2") can be set in the environment, and so
# can METASERVICE__LIMITS__... for the server.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
connections=${CONNECTIONS:-256}
store=${STORE:-rocksdb}
port=${PORT:-5399}
half=$(( ($(nproc) + 1) / 2 ))
server_cpus=${SERVER_CPUS:-0-$(( half - 1 ))}
load_cpus=${LOAD_CPUS:-$half-$(( $(nproc) - 1 ))}
token=greedisgood9999

work=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

bin=${BIN:-$work/bin} # A directory with a published server, or one is built.
[ -n "${BIN:-}" ] || dotnet publish src/MetaService.Server -c Release -o "$bin" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }

start() {
    rm -rf "$work/data"
    taskset -c "$server_cpus" dotnet "$bin/metaservice.dll" serve --listen "127.0.0.1:$port" --store "$store" --data "$work/data" >/dev/null 2>"$work/errors" &
    server=$!
    for _ in $(seq 200); do
        if curl -sf "127.0.0.1:$port/health/ready" >/dev/null; then break; fi
        sleep 0.1
    done
    curl -sf "127.0.0.1:$port/MetaService/http/v1/create_instance?token=$token" -d '{"instance_id": "bench-read", "name": "bench",
        "user_id": "bench", "vault": {"obj_info": {"ak": "a", "sk": "s", "bucket": "b", "prefix": "p", "endpoint": "e.example.com",
        "external_endpoint": "e.example.com", "region": "r", "provider": "COS"}}}' >/dev/null
}

# What the server's processors have been busy with, and the server itself, in hundredths of a second. The difference is other work on the
# machine; where it is much the figures say little.
busy() {
    local cpu
    for cpu in $(taskset -cp "$server" | sed 's/.*: //' | tr ',' '\n' | sed 's/\([0-9]*\)-\([0-9]*\)/seq \1 \2/;t run;s/^/echo /;:run' | sh); do
        sed -n "s/^cpu$cpu //p" /proc/stat
    done | awk '{ total += $1 + $2 + $3 + $6 + $7 + $8 } END { print total }'
}
used() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }

stop() { kill "$server"; wait "$server" || true; server=; }

# load NAME RATE SECONDS CONNECTIONS: prints what load.lua reports.
load() {
    taskset -c "$load_cpus" wrk -t "$4" -c "$4" -d "$3s" --timeout 30s -s bench/overload/load.lua "http://127.0.0.1:$port" -- "$1" "$2" "r$RANDOM$RANDOM" "$4" |
        sed -n 's/^RESULT //p'
}

echo "server on processor $server_cpus, load on $load_cpus of $(nproc), store $store, $connections connections, $seconds s for each load, load average before $(cut -d' ' -f1 /proc/loadavg)"
for name in ${SCENARIOS:-create_instance get_instance}; do
    start
    load "$name" 0 10 64 >/dev/null # Until everything is compiled.
    read -r saturating _ < <(load "$name" 0 15 64)
    echo
    echo "$name: 64 connections that send as fast as replies come get $saturating replies/s, taken as the saturating load"
    printf '%6s %10s %12s %11s %9s %9s %9s %7s %8s %8s\n' \
        load offered/s accepted/s refused/s p50/ms p99/ms p999/ms errors RSS/MiB others%
    for factor in ${LOADS:-0.5 1 2}; do
        busy_before=$(busy) used_before=$(used)
        rate=$(awk "BEGIN { printf \"%d\", $saturating * $factor }")
        load "$name" "$rate" "$seconds" "$connections" >"$work/result" &
        loader=$!
        highest=0
        while kill -0 $loader 2>/dev/null; do
            rss=$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$server/status")
            if [ "$rss" -gt "$highest" ]; then highest=$rss; fi
            sleep 0.5
        done
        wait $loader
        others=$(( ($(busy) - busy_before - $(used) + used_before) / seconds ))
        read -r accepted refused p50 p99 p999 errors _ <"$work/result"
        printf '%6s %10s %12s %11s %9s %9s %9s %7s %8s %8s\n' \
            "$factor" "$rate" "$accepted" "$refused" "$p50" "$p99" "$p999" "$errors" "$highest" "$others"
    done
    stop
done
