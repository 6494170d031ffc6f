#!/usr/bin/env bash
# Tries what ./publish.sh --self-contained made on a machine that has libtorch and no .NET: a Debian that debootstrap makes, first
# by hand, and then as a service of a systemd that runs there as process 1 of a container. As root, on Debian or Ubuntu:
#
#   ./publish.sh --self-contained && service/try.sh
#
# The network is this machine's, so that port 8080 must be free. The last line is "passed". It takes some minutes, and 2 GB.
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source build/setup.sh

[ "$(id -u)" = 0 ] || die "needs root."
archive=$(find artifacts/publish -maxdepth 1 -name 'eisen-serve-*.tar.gz' ! -name '*-framework-dependent.tar.gz' -print -quit)
[ -n "$archive" ] || die "call ./publish.sh --self-contained first."
ensure_packages debootstrap

tree=$(mktemp -d)
# The root folder of the machine: all users go through it.
chmod 755 "$tree"
machine=""
clean_up() {
    if [ -n "$machine" ]; then
        kill -KILL "$machine" 2>/dev/null || true
        wait "$machine" 2>/dev/null || true
    fi
    rm -rf "$tree" "$tree.log"
}
trap clean_up EXIT

echo "Making a Debian" >&2
debootstrap --variant=minbase --include=curl,dbus,libjpeg62-turbo,libnss-systemd,libopenblas0-openmp,libpng16-16,libssl3,python3,systemd-sysv bookworm "$tree" http://deb.debian.org/debian >"$tree.log"
# debootstrap does not know which of several packages to take for a dependency; apt does.
cp /etc/resolv.conf "$tree/etc/"
chroot "$tree" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends libtorch1.13 >>"$tree.log" 2>&1
[ -z "$(find "$tree/usr" -name "*dotnet*" -print -quit)" ] || die "there is a .NET."

tar -C "$tree/opt" -xzf "$archive"
program=/opt/$(basename "$archive" .tar.gz)
cp model_zoo/digits/samples/7.png "$tree/srv/"
mkdir "$tree/srv/models"
cp model_zoo/digits.mar "$tree/srv/models/"

ask='curl -sS -T /srv/7.png http://127.0.0.1:8080/predictions/digits'
echo "By hand:"
unshare --mount --pid --fork chroot "$tree" env -i PATH=/usr/bin:/bin bash -euo pipefail -c "
    mount -t proc proc /proc
    cd /srv
    $program/eisen-serve --start --model-store models --models digits.mar
    $ask | grep -q '\"7\": 0.9'
    $program/eisen-serve health
    $program/eisen-serve stop
"

echo "As a service:"
chroot "$tree" "$program/service/install.sh"
cp model_zoo/digits.mar "$tree/var/lib/private/eisen-serve/models/"
# A Python handler, as workers are what the unit's restrictions would break.
python3 - "$tree/var/lib/private/eisen-serve/models/python.mar" <<'PYTHON'
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1], "w") as archive:
    archive.writestr("MAR-INF/MANIFEST.json", '{"runtime": "python", "model": {"modelName": "python", "handler": "handler.py", "modelVersion": "1.0"}}')
    archive.writestr("handler.py", "def handle(data, context):\n    return ['from Python'] * len(data or [])\n")
PYTHON
chroot "$tree" systemd-analyze verify eisen-serve.service
chroot "$tree" systemctl enable --quiet eisen-serve
# A new root, and not chroot's: there no namespaces for users could be made, as the unit asks for.
unshare --mount --pid --fork --kill-child --uts --ipc --cgroup bash -euo pipefail -c '
    mount --make-rprivate /
    mount --bind "$1" "$1"
    cd "$1"
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs tmpfs run
    mount -t tmpfs tmpfs dev
    for device in null zero random urandom full tty; do
        touch "dev/$device"
        mount --bind "/dev/$device" "dev/$device"
    done
    mkdir dev/pts dev/shm
    mount -t devpts devpts dev/pts
    ln -s pts/ptmx dev/ptmx
    pivot_root . mnt
    umount -l /mnt
    exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init
' machine "$tree" >/dev/null 2>&1 &
machine=$!
until init=$(pgrep -P "$machine") && grep -q '^systemd$' "/proc/$init/comm"; do sleep 0.1; done
inside() {
    nsenter --target "$init" --mount --pid --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -euo pipefail -c "$1"
}

until inside 'systemctl is-active --quiet multi-user.target' 2>/dev/null; do sleep 0.2; done
inside "
    # With Type=notify, this returns when the models are ready.
    systemctl start eisen-serve || { systemctl status --no-pager --full eisen-serve; exit 1; }
    $ask | grep -q '\"7\": 0.9'
    curl -sS -d x http://127.0.0.1:8080/predictions/python; echo
    eisen-serve health --ts-config /etc/eisen-serve/config.properties
    setpriv --reuid eisen-serve --regid eisen-serve --clear-groups env EISEN_SERVE_RUN_DIR=/run/eisen-serve eisen-serve status
    systemd-analyze security --no-pager eisen-serve | tail -n 1

    echo 'Killed:'
    kill -KILL \$(systemctl show --property MainPID --value eisen-serve)
    until systemctl is-active --quiet eisen-serve && eisen-serve health --ts-config /etc/eisen-serve/config.properties; do sleep 0.2; done

    systemctl stop eisen-serve
    systemctl show --property Result,ExecMainStatus,NRestarts eisen-serve
    [ \$(systemctl show --property Result --value eisen-serve) = success ]
    [ -z \"\$(ls -A /var/cache/private/eisen-serve)\" ]
"
echo "passed"
