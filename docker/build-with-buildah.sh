#!/usr/bin/env bash
# Builds docker/Dockerfile without a Docker engine and without a registry: with buildah, whose "chroot" isolation needs no
# container runtime, on a base image that debootstrap makes, and with this machine's .NET SDK. As root, on Debian or Ubuntu:
#
#   docker/build-with-buildah.sh [--file docker/Dockerfile.cuda] [--build-arg NAME=VALUE ...]
#
# The image is called eisen-serve, or eisen-serve:cuda. docker/try-with-buildah.sh runs it.
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source build/setup.sh

suite=bookworm
mirror=http://deb.debian.org/debian
file=docker/Dockerfile
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --file) file=$2 ;;
        --build-arg) arguments+=(--build-arg "$2") ;;
        *) die "takes --file FILE and --build-arg NAME=VALUE." ;;
    esac
    shift 2
done
[ "$(id -u)" = 0 ] || die "buildah without a container runtime needs root."
ensure_packages buildah debootstrap
ensure_dotnet

base=localhost/eisen-serve-base:$suite
if ! buildah images -q "$base" >/dev/null 2>&1; then
    echo "Making $base" >&2
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    debootstrap --variant=minbase "$suite" "$tree" "$mirror" >&2
    rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/* "$tree"/usr/share/{doc,locale,man}/*
    printf 'deb %s %s-updates main\ndeb %s-security %s-security main\n' "$mirror" "$suite" "$mirror" "$suite" >>"$tree/etc/apt/sources.list"
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$tree" / >/dev/null
    buildah commit --quiet --rm "$container" "$base" >/dev/null
fi

# The SDK's folder alone; a newer one than the last time's is taken.
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
sdk=localhost/eisen-serve-sdk:$(dotnet --version)
if ! buildah images -q "$sdk" >/dev/null 2>&1; then
    echo "Making $sdk" >&2
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$dotnet" /usr/share/dotnet >/dev/null
    buildah commit --quiet --rm "$container" "$sdk" >/dev/null
fi

tag=localhost/eisen-serve
[ "$file" = docker/Dockerfile ] || tag+=:${file##*.}
# Of this machine come its packages from NuGet, and the authorities that it trusts; neither stays in the image. HEALTHCHECK is
# Docker's, and not in OCI's format.
mkdir -p "${NUGET_PACKAGES:-$HOME/.nuget/packages}"
buildah build --isolation chroot --format docker --layers --tag "$tag" --file "$file" \
    --build-arg "BASE=$base" --build-arg "SDK=$sdk" "${arguments[@]}" \
    --volume "${NUGET_PACKAGES:-$HOME/.nuget/packages}:/root/.nuget/packages" \
    --volume /etc/ssl/certs/ca-certificates.crt:/run/authorities.pem:ro --build-arg SSL_CERT_FILE=/run/authorities.pem \
    .
buildah images "$tag"
