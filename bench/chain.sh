#!/usr/bin/env bash
# The chain on 10 million transactions of 500,000 customers: CPU seconds and peak memory, first from the feed
# to features, segments, profiles and segment files, then of the whole night with every step and output.
set -euo pipefail
idip=${1:-target/release/idip}
here=$(cd "$(dirname "$0")" && pwd)
data=$here/data/10m
store=$here/data/store
files=$here/data/files
[ -d "$data" ] || "$idip" simulate --to "$data" --transactions 10M

measured() {
    local what=$1
    shift
    /usr/bin/time -f "$what: %e s wall, %U s user, %S s system, %M KB peak" "$idip" "$@" \
        --project "$data/idip.yaml" --store "$store" >/dev/null
}

for run in 1 2 3; do
    rm -rf "$store" "$files"
    measured "run $run, segments" run --select +differentiate.segments
    measured "run $run, files by value" export --target value-segments --to "$files/value"
    measured "run $run, files by need" export --target need-segments --to "$files/need"
    rm -rf "$store"
    measured "run $run, whole night" run
done
