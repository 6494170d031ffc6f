#!/usr/bin/env bash
# Measures the server against the bare limits of the same machine at the same moment; see benchmarks/README.md.
#
#   benchmarks/run.sh [--no-build] [--quick] [SCENARIO...]
#
# Exits with 0; 1 when a scenario gave no numbers; 2 when a figure missed its target.
set -euo pipefail

source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../build/setup.sh"

build=yes
arguments=()
for argument in "$@"; do
    case "$argument" in
        --no-build) build=no ;;
        -h | --help) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) arguments+=("$argument") ;;
    esac
done

if [ "$build" = yes ]; then
    ensure_packages "${server_packages[@]}" "${test_packages[@]}"
    ensure_dotnet
    # The benchmarks' project refers to the server's, so that both are built.
    build_release benchmarks/Eisen.Serve.Benchmarks --disable-build-servers || die "the build failed."
fi
[ -f "$root/model_zoo/digits.mar" ] || /usr/bin/python3 "$root/model_zoo/digits/make.py"
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root/benchmarks/make_models.py" "$root/artifacts/benchmarks/models"

exec "$root/artifacts/bin/Eisen.Serve.Benchmarks/release/Eisen.Serve.Benchmarks" "${arguments[@]}"
