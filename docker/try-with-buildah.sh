#!/usr/bin/env bash
# Tries an image that docker/build-with-buildah.sh has built, as a container engine would run it: process 1 of a namespace of its
# own, without rights, on a read-only root. It must load a model, be healthy, ask for tokens, answer, and end cleanly under load.
# As root:
#
#   docker/try-with-buildah.sh [IMAGE]
#
# The network is this machine's, so that port 8080 must be free. The last line is "passed".
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
image=${1:-localhost/eisen-serve}
key=a-key-for-this-trial-only
requests=64

die() {
    echo "try-with-buildah.sh: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || die "needs root."
container=$(buildah from --pull-never "$image")
root=$(buildah mount "$container")
work=$(mktemp -d)
engine=""
server=""

clean_up() {
    if [ -n "$engine" ]; then
        # The first process of a namespace takes all others with it; with other rights it does not end with its parent.
        kill -KILL ${server:+"$server"} "$engine" 2>/dev/null || true
        wait "$engine" 2>/dev/null || true
    fi
    buildah umount "$container" >/dev/null
    buildah rm "$container" >/dev/null
    rm -rf "$work"
}
trap clean_up EXIT

# What the image says of itself.
mapfile -t variables < <(buildah inspect --type image --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' "$image" | grep .)
mapfile -t command < <(buildah inspect --type image --format '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' "$image" | grep .)
user=$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$image")
folder=$(buildah inspect --type image --format '{{.OCIv1.Config.WorkingDir}}' "$image")
[ "$user" != "" ] && [ "${user%%:*}" != 0 ] || die "the image runs as root."
as_user=(setpriv --reuid "${user%%:*}" --regid "${user##*:}" --clear-groups --bounding-set=-all --no-new-privs --inh-caps=-all)

# The volumes, with the owner that the image gives them; the model store is read-only.
for volume in run/eisen-serve var/log/eisen-serve; do
    mkdir -p "$work/$volume"
    chown --reference="$root/$volume" "$work/$volume"
    chmod --reference="$root/$volume" "$work/$volume"
done
export root work folder

unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
    mount --bind "$root" "$root"
    mount --bind "$work/run/eisen-serve" "$root/run/eisen-serve"
    mount --bind "$work/var/log/eisen-serve" "$root/var/log/eisen-serve"
    mount --bind model_zoo "$root/var/lib/eisen-serve/models"
    mount -o remount,bind,ro "$root/var/lib/eisen-serve/models"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev"
    for device in null zero random urandom; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mount -o remount,bind,ro "$root"
    exec chroot "$root" "$@"
' container "${as_user[@]}" env -i -C "$folder" "${variables[@]}" EISEN_SERVE_INFERENCE_KEY="$key" EISEN_SERVE_MANAGEMENT_KEY="$key" "${command[@]}" >"$work/output" 2>&1 &
engine=$!

# Runs a command in the container, as `docker exec` does.
inside() {
    nsenter --target "$server" --mount --pid --root --wd -- "${as_user[@]}" env -i "${variables[@]}" "$@"
}

until server=$(pgrep -P "$engine") && [ "$(tr '\0' ' ' <"/proc/$server/cmdline" | cut -d ' ' -f 1)" = "${command[0]}" ]; do
    kill -0 "$engine" 2>/dev/null || { cat "$work/output" >&2; die "the container ended before it began."; }
    sleep 0.1
done
echo "started"
health=""
for _ in $(seq 600); do
    health=$(inside eisen-serve health) || true
    [[ $health != Healthy:* ]] || break
    kill -0 "$engine" 2>/dev/null || { cat "$work/output" >&2; die "the server ended."; }
    sleep 0.2
done
echo "health: $health"
[ "$health" = "Healthy: http://0.0.0.0:8080 takes requests." ] || die "it did not become healthy."

echo "process: $(grep -E '^(NSpid|Uid|CapEff|CapBnd|NoNewPrivs):' "/proc/$server/status" | tr '\t\n' '  ')"
[ "$(awk '/^NSpid:/ { print $NF }' "/proc/$server/status")" = 1 ] || die "it is not process 1."
! inside touch /etc/eisen-serve/new 2>/dev/null || die "the root is not read-only."
inside env EISEN_SERVE_MANAGEMENT_KEY="$key" eisen-serve status

ask() {
    curl --silent --show-error --output "$1" --write-out '%{http_code}\n' "${@:2}" --upload-file model_zoo/digits/samples/7.png http://127.0.0.1:8080/predictions/digits
}
[ "$(ask "$work/answer")" = 400 ] || die "it answered without a token."
[ "$(ask "$work/answer" --header "Authorization: Bearer $key")" = 200 ] || die "it did not answer."
grep -q '"7": 0.9' "$work/answer" || die "it did not see the seven: $(cat "$work/answer")"
ss -ltnH "sport = :8081 or sport = :8082" | awk '$4 !~ /^127\.0\.0\.1:/ { exit 1 }' || die "management or metrics can be reached from outside."

# In the middle of many requests the server is asked to end. All that have reached it must be answered, as it writes down itself;
# those for whom it is too late are told so, or find nobody.
for _ in $(seq "$requests"); do
    ask "$work/load" --header "Authorization: Bearer $key" >>"$work/codes" 2>/dev/null &
done
until [ -s "$work/codes" ]; do sleep 0.01; done
kill -TERM "$server"
code=0
wait "$engine" || code=$?
engine=""
wait
echo "SIGTERM in the middle of $requests requests: $(sort "$work/codes" | uniq -c | awk '{ printf "%s%s times %s", (NR > 1 ? ", " : ""), $1, $2 == "000" ? "nobody there" : $2 }'); exit code $code"
[ "$code" = 0 ] || { tail "$work/output" >&2; die "the exit code is not 0."; }
! grep -qvE '^(200|503|000)$' "$work/codes" || die "there were other answers."
grep -q '"Unanswered":0[,}]' "$work/run/eisen-serve/server.json" || die "requests were not answered."
[ -z "$(ls -A "$work/run/eisen-serve/models")" ] || die "unpacked archives are left."
echo "passed"
