# Sourced by ./eisen-serve and ./test.sh: installs what a fresh machine lacks, and builds. Says nothing when nothing is
# missing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$root/artifacts/bin/Eisen.Serve/release/Eisen.Serve

# What the server needs to be built, to run, and to be asked. With LIBTORCH set, that libtorch is taken instead of
# Debian's. OpenBLAS is named because Debian would otherwise take its reference BLAS, which is many times slower; the
# one on OpenMP because that shares libtorch's threads, so that a lane's number of threads holds for matrix products,
# too.
server_packages=(cmake curl g++ make libjpeg-dev libpng-dev)
if [ -z "${LIBTORCH:-}" ]; then
    server_packages+=(libtorch-dev libopenblas0-openmp)
fi

# What the tests need beyond that: Python makes modules, pictures, and its own answers for them.
test_packages=(iproute2 python3 python3-dill python3-msgpack python3-nibabel python3-pil python3-pip python3-requests python3-scipy python3-sklearn python3-torch python3-torchvision)

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Tells those of the packages that are missing.
missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# Installs those of the packages that are missing, with apt.
ensure_packages() {
    local missing
    command -v dpkg-query >/dev/null || die "this is not Debian or Ubuntu: install $* by hand, and build with 'dotnet build src/Eisen.Serve -c Release'."
    mapfile -t missing < <(missing_packages "$@")
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

# Finds the .NET 10 SDK on the path or where installers put it, or installs it with apt where that has it.
ensure_dotnet() {
    local folder found=""
    for folder in "" "${DOTNET_ROOT:-}" /usr/share/dotnet /usr/lib/dotnet /usr/local/share/dotnet "${HOME:-/root}/.dotnet"; do
        [ -z "$folder" ] || [ -x "$folder/dotnet" ] || continue
        # Not through a pipe: what a program says of itself is read whole, and its own end does not count.
        found=$(PATH="${folder:+$folder:}$PATH" dotnet --list-sdks 2>&1) || true
        if [[ $'\n'$found =~ $'\n'10\.0\.[1-9][0-9][0-9]\  ]]; then
            [ -z "$folder" ] || export DOTNET_ROOT="$folder" PATH="$folder:$PATH"
            return 0
        fi
    done
    if command -v apt-cache >/dev/null && [ -n "$(apt-cache search --names-only '^dotnet-sdk-10\.0$')" ]; then
        ensure_packages dotnet-sdk-10.0
    else
        die "the .NET 10 SDK is missing ('dotnet --list-sdks' says: ${found:-nothing}); https://dotnet.microsoft.com/download has it."
    fi
}

# Whether TorchSharp's package can be restored, and its library loaded, which needs the C++ library of GCC 13.2. It is tried once, for
# two minutes at most, as it brings a libtorch of half a gigabyte; without artifacts/torchsharp-restore, and for another package, it
# is tried again.
has_torchsharp() {
    local note=$root/artifacts/torchsharp-restore package=${TorchSharpPackage:-TorchSharp-cpu} answer=no
    case $(cat "$note" 2>/dev/null) in
        "yes $package" | "no $package") ;;
        *)
            echo "Looking for TorchSharp" >&2
            if ! has_new_cpp_library; then
                echo "TorchSharp's library needs $cpp_library_version, which this system's C++ library lacks." >"$note.log"
            elif (cd "$root" && DOTNET_NOLOGO=1 timeout -k 10 120 dotnet restore src/Eisen.Serve.TorchSharp -p:TorchEngine=Both --disable-build-servers) </dev/null >"$note.log" 2>&1 9>&- \
                && fits_torchsharp >>"$note.log" 2>&1; then
                answer=yes
            fi
            echo "$answer $package" >"$note"
            ;;
    esac
    [ "$(cat "$note")" = "yes $package" ]
}

cpp_library_version=GLIBCXX_3.4.32

# Where the library cannot be found, nothing speaks against it.
has_new_cpp_library() {
    local library
    library=$(PATH=$PATH:/sbin ldconfig -p 2>/dev/null | awk '/libstdc\+\+\.so\.6 /{ print $NF; exit }')
    [ ! -f "$library" ] || grep -q "$cpp_library_version" "$library"
}

# Whether the system's libraries are new enough for the one that was restored. Its libtorch is in another package, so that one that
# is not found says nothing.
fits_torchsharp() {
    local version said
    version=$(sed -n 's/.*Include="TorchSharp" Version="\([^"]*\)".*/\1/p' "$root/Directory.Packages.props")
    said=$(LC_ALL=C ldd "${NUGET_PACKAGES:-${HOME:-/root}/.nuget/packages}/torchsharp/$version/runtimes/linux-x64/native/libLibTorchSharp.so" 2>&1) || true
    echo "$said"
    [[ $said == *libstdc++.so.6* && $said != *version*"not found"*"required by"* ]]
}

# Installs what the server needs, and notes for the build which engines it can have: libtorch's where its packages are there or
# can be installed, and TorchSharp's where its package can be restored. One is enough.
prepare_engines() {
    local engine=${TorchEngine:-} libtorch=yes
    # In a shell of its own, which may end.
    [ "$engine" = TorchSharp ] || (ensure_packages "$@") 9>&- || libtorch=no
    ensure_dotnet
    if [ -z "$engine" ]; then
        case $libtorch$(has_torchsharp && echo yes || echo no) in
            yesyes) engine=Both ;;
            yesno) engine=LibTorch ;;
            noyes) engine=TorchSharp; echo "${0##*/}: going on with TorchSharp instead of libtorch" >&2 ;;
            *) die "without those packages the server needs TorchSharp, which cannot be had either; artifacts/torchsharp-restore.log tells why." ;;
        esac
    elif [ $libtorch = no ]; then
        exit 1
    fi
    note_engine "$engine"
}

noted_engine() {
    cat "$root/artifacts/torch-engine" 2>/dev/null || true
}

note_engine() {
    [ "$(noted_engine)" = "$1" ] || echo "$1" >"$root/artifacts/torch-engine"
}

# What a build is for, beside its sources.
build_purpose() {
    echo "LIBTORCH=${LIBTORCH:-} TorchEngine=${TorchEngine:-} TorchSharpPackage=${TorchSharpPackage:-}"
}

# Whether the program has to be built: never built, its sources or folders changed since, or another libtorch or engine is meant.
needs_build() {
    [ ! -x "$program" ] || [ "$(cat "$root/artifacts/built" 2>/dev/null)" != "$(build_purpose)" ] \
        || [ "$root/artifacts/torch-engine" -nt "$root/artifacts/built" ] \
        || [ -n "$(find "$root"/{src,build,Directory.*,global.json} -newer "$root/artifacts/built" -print -quit)" ] \
        || has_libtorch_since
}

# Whether what libtorch's engine needs has been installed since a build did without it.
has_libtorch_since() {
    [ -z "${TorchEngine:-}" ] && [ "$(noted_engine)" = TorchSharp ] && [ -z "$(missing_packages "${server_packages[@]}")" ]
}

# Lets one build at a time: who comes while another one builds waits.
lock_build() {
    mkdir -p "$root/artifacts"
    exec 9>"$root/artifacts/build.lock"
    flock 9
}

unlock_build() {
    exec 9>&-
}

# Builds a project or solution in the release configuration, and notes what was built when. From the root, where
# global.json is; under the lock, which nothing that it starts keeps; without build servers, so that nothing is left
# running. When nobody named an engine and it cannot be built with both, it is built without TorchSharp from then on.
build_release() {
    build_once "$@" && return 0
    [ -z "${TorchEngine:-}" ] && [ "$(noted_engine)" = Both ] || return 1
    echo "Building without TorchSharp" >&2
    note_engine LibTorch
    if build_once "$@"; then
        echo "no ${TorchSharpPackage:-TorchSharp-cpu}" >"$root/artifacts/torchsharp-restore"
    else
        # It was not for TorchSharp.
        note_engine Both
        return 1
    fi
}

build_once() {
    build_purpose >"$root/artifacts/built.unfinished"
    (cd "$root" && DOTNET_NOLOGO=1 dotnet build "$@" -c Release -v quiet -nologo -clp:ErrorsOnly --disable-build-servers) </dev/null 9>&- || return 1
    mv "$root/artifacts/built.unfinished" "$root/artifacts/built"
}
