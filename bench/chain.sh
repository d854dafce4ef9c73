#!/usr/bin/env bash
# The whole chain on 10 million transactions of 500,000 customers: CPU seconds and peak memory.
set -euo pipefail
idip=${1:-target/release/idip}
here=$(cd "$(dirname "$0")" && pwd)
data=$here/data/10m
[ -d "$data" ] || "$idip" simulate --to "$data" --transactions 10M
for run in 1 2 3; do
    rm -rf "$here/data/store"
    /usr/bin/time -f "run $run: %e s wall, %U s user, %S s system, %M KB peak" \
        "$idip" run --project "$data/idip.yaml" --store "$here/data/store" >/dev/null
done
