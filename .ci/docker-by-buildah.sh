#!/usr/bin/env bash
# The docker commands of docs/build-your-own.md, by buildah, for machines without a docker daemon. The base
# image is made of the Node of this machine, because registries of images may be out of reach.
set -euo pipefail
state="${DOCKER_STATE:?a folder for images and logs}"
buildah=(buildah --storage-driver vfs --root "$state/storage" --runroot "$state/run")
mkdir -p "$state"

# base_image NAME: node, npm, a shell, their libraries, the user node, and the certificates.
base_image() {
  local container root node file npm
  container=$("${buildah[@]}" from scratch)
  root=$("${buildah[@]}" mount "$container")
  node=$(readlink -f "$(command -v node)")
  npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  mkdir -p "$root"/{usr/bin,usr/local/bin,usr/local/lib/node_modules,etc/ssl,tmp,root,home/node}
  chmod 1777 "$root/tmp"
  ln -s usr/bin "$root/bin"
  cp "$node" "$root/usr/local/bin/node"
  for file in sh mkdir chown env; do cp -L "$(command -v "$file")" "$root/usr/bin/"; done
  ldd "$node" "$root"/usr/bin/* | grep -oE '/[^ ]+\.so[^ ]*' | sort -u | while read -r file; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
  cp -rL "$npm" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  cp -rL /etc/ssl/certs "$root/etc/ssl/certs"
  printf 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnode:x:1000:\n' >"$root/etc/group"
  cp -L /etc/resolv.conf /etc/hosts /etc/nsswitch.conf "$root/etc/" 2>/dev/null || true
  "${buildah[@]}" config --env PATH=/usr/local/bin:/usr/bin --env "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt" "$container"
  "${buildah[@]}" umount "$container" >/dev/null
  "${buildah[@]}" commit --quiet "$container" "$1" >/dev/null
  "${buildah[@]}" rm "$container" >/dev/null
}

case $1 in
  build) # -t NAME FOLDER
    base_image docker.io/library/node:24-slim
    "${buildah[@]}" build --pull=never --isolation chroot -t "$3" "$4"
    ;;
  run) # --rm --detach --name NAME -p PORTS -v VOLUME [-e NAME=VALUE]... IMAGE
    shift
    variables=()
    while [ $# -gt 1 ]; do
      case $1 in
        --name) name=$2; shift 2 ;;
        -e) variables+=(--env "$2"); shift 2 ;;
        -p | -v) shift 2 ;;
        *) shift ;;
      esac
    done
    container=$("${buildah[@]}" from --pull=never "$1")
    mapfile -t command < <("${buildah[@]}" inspect --format '{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' "$container" | grep .)
    setsid "${buildah[@]}" run --isolation chroot "${variables[@]}" "$container" -- "${command[@]}" >"$state/$name.log" 2>&1 &
    echo $! >"$state/$name.pid"
    echo "$container" >"$state/$name.container"
    echo "$container"
    ;;
  stop) # NAME
    pid=$(cat "$state/$2.pid")
    # Docker signals the program only. It is the newest process of the session.
    kill -TERM "$(ps --sid "$pid" -o pid= | tail -n 1)"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    cat "$state/$2.log" >&2
    grep -q shutdown_finished "$state/$2.log"
    "${buildah[@]}" rm "$(cat "$state/$2.container")" >/dev/null
    echo "$2"
    ;;
  *) exit 1 ;;
esac
