#!/usr/bin/env bash
# Installs the unpacked program that this lies in as a service, or a newer one over it. As root. What stands in /etc/eisen-serve
# is left as it is.
set -euo pipefail

program=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
[ "$(id -u)" = 0 ] || { echo "install.sh: needs root." >&2; exit 1; }
[ -x "$program/Eisen.Serve" ] || { echo "install.sh: $program has no Eisen.Serve; run it where the .tar.gz was unpacked." >&2; exit 1; }

# Beside the old one, and then in its place: a server that runs keeps the files that it has open.
rm -rf /usr/lib/eisen-serve.new /usr/lib/eisen-serve.old
cp -r --no-preserve=ownership "$program" /usr/lib/eisen-serve.new
[ ! -e /usr/lib/eisen-serve ] || mv /usr/lib/eisen-serve /usr/lib/eisen-serve.old
mv /usr/lib/eisen-serve.new /usr/lib/eisen-serve
rm -rf /usr/lib/eisen-serve.old
ln -sfn /usr/lib/eisen-serve/Eisen.Serve /usr/bin/eisen-serve

install -d /etc/eisen-serve
[ -e /etc/eisen-serve/config.properties ] || install -m 644 "$program/service/config.properties" /etc/eisen-serve/
# With a service's dynamic user, /var/lib/eisen-serve is a link into a folder that only services may enter.
install -d -m 700 /var/lib/private
install -d /var/lib/private/eisen-serve/models
[ -e /var/lib/eisen-serve ] || ln -s private/eisen-serve /var/lib/eisen-serve
install -d /etc/systemd/system
install -m 644 "$program/service/eisen-serve.service" /etc/systemd/system/
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
echo "Installed. Archives go into /var/lib/eisen-serve/models; 'systemctl enable --now eisen-serve' starts the service."
