#!/usr/bin/env bash
# Publishes the program as artifacts/publish/eisen-serve-VERSION-SYSTEM.tar.gz, with its native libraries and what a service
# needs beside it; docs/service.md tells how to install that. A machine that runs it needs .NET's ASP.NET Core runtime, and
# libtorch; with --self-contained, libtorch alone. LIBTORCH in the environment has it built against another one than the
# system's, which must then lie in the same place there; TorchEngine=TorchSharp brings TorchSharp and its own instead.
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
source build/setup.sh

kind=-framework-dependent
self_contained=false
case "$*" in
    "") ;;
    --self-contained) kind="" self_contained=true ;;
    *) die "takes --self-contained, or nothing." ;;
esac

# What is published does not depend on what else this machine could build.
export TorchEngine=${TorchEngine:-LibTorch}
[ "$TorchEngine" = TorchSharp ] || ensure_packages "${server_packages[@]}"
ensure_dotnet

case $(uname -m) in
    x86_64) system=linux-x64 ;;
    aarch64) system=linux-arm64 ;;
    *) die "nobody has built this for $(uname -m) yet." ;;
esac

lock_build
version=$(dotnet msbuild src/Eisen.Serve -getProperty:Version)
name=eisen-serve-$version-$system$kind
folder=artifacts/publish/$name
rm -rf "$folder" "$folder.tar.gz"
echo "Publishing $name" >&2
# Apart from what ./eisen-serve and ./test.sh build: this is for a named system, which changes what is restored.
DOTNET_NOLOGO=1 dotnet publish src/Eisen.Serve -c Release -r "$system" --self-contained "$self_contained" -p:ArtifactsPath="$root/artifacts/publishing" \
    -p:PublishReferencesDocumentationFiles=false -p:PublishDocumentationFiles=false -p:DebugType=none -p:SatelliteResourceLanguages=en \
    -o "$folder" -v quiet -nologo -clp:ErrorsOnly --disable-build-servers >&2
unlock_build

ln -s Eisen.Serve "$folder/eisen-serve"
cp LICENSE "$folder/"
cp -r service "$folder/service"
tar -C artifacts/publish --owner=0 --group=0 --sort=name -czf "$folder.tar.gz" "$name"
echo "$folder.tar.gz"
