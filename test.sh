#!/usr/bin/env bash
# Sets up what is missing, builds with warnings as errors, checks the formatting, and runs all tests. The last line
# says how they went; the exit code is 0 only when there were some and none failed.
set -uo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
source build/setup.sh
export DOTNET_NOLOGO=1
# MSBuild's processes end with what they were started for, instead of waiting for more.
export MSBUILDDISABLENODEREUSE=1
ensure_packages "${server_packages[@]}" "${test_packages[@]}"

results=artifacts/test-results
rm -rf "$results"
problems=()

lock_build
prepare_engines "${server_packages[@]}"
build_release Eisen.Serve.sln || problems+=("the build failed")
# The tests run ./eisen-serve, too.
unlock_build
if [ ${#problems[@]} = 0 ]; then
    dotnet format Eisen.Serve.sln --verify-no-changes --no-restore || problems+=("'dotnet format' would change files")
    dotnet test Eisen.Serve.sln -c Release --no-build -nologo --logger "trx;LogFilePrefix=tests" --results-directory "$results" \
        || problems+=("a test failed or its run was cut short")
fi

# Adds up one of the numbers in the results' <Counters> elements.
count() {
    cat "$results"/*.trx 2>/dev/null | grep -o '<Counters [^>]*' | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ sum += $1 } END { print sum + 0 }'
}
total=$(count total)
passed=$(count passed)
failed=$(count failed)
skipped=$((total - passed - failed))

[ "$passed" -gt 0 ] || problems+=("no test ran")
for problem in "${problems[@]}"; do
    echo "test.sh: $problem" >&2
done
if [ ${#problems[@]} -gt 0 ] && [ "$failed" = 0 ]; then
    failed=1
fi
summary="$passed passed, $failed failed"
[ "$skipped" = 0 ] || summary+=", $skipped skipped"
echo "$summary"
[ ${#problems[@]} = 0 ] && [ "$failed" = 0 ]
