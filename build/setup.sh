# Sourced by ./eisen-serve and ./test.sh: installs what a fresh machine lacks. Says nothing when nothing is missing.

# What the server needs to be built and to run. With LIBTORCH set, that libtorch is taken instead of Debian's. OpenBLAS
# is named because Debian would otherwise take its reference BLAS, which is many times slower.
server_packages=(cmake g++ make libjpeg-dev libpng-dev)
if [ -z "${LIBTORCH:-}" ]; then
    server_packages+=(libtorch-dev libopenblas0-pthread)
fi

# What the tests need beyond that: Python makes modules, pictures, and its own answers for them.
test_packages=(curl iproute2 python3 python3-pil python3-sklearn python3-torch python3-torchvision)

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Installs those of the packages that are missing, with apt.
ensure_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null || die "this is not Debian or Ubuntu: install $* by hand, and build with 'dotnet build src/Eisen.Serve -c Release'."
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || die "packages are missing; as root: apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    echo "Installing ${missing[*]}" >&2
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "apt-get failed; the whole of what it said is in $log"
    fi
    rm -f "$log"
}

ensure_dotnet() {
    if command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.'; then
        return 0
    fi
    if command -v apt-cache >/dev/null && [ -n "$(apt-cache search --names-only '^dotnet-sdk-10\.0$')" ]; then
        ensure_packages dotnet-sdk-10.0
    else
        die "the .NET 10 SDK is missing; https://dotnet.microsoft.com/download has it."
    fi
}
