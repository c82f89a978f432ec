#!/usr/bin/env bash
# The docker commands of the documentation and of .ci/image.ts, by buildah, for machines without a docker daemon.
# Base images are made of the Node of this machine, because registries of images may be out of reach.
set -euo pipefail
state="${DOCKER_STATE:?a folder for images and logs}"
buildah=(buildah --storage-driver vfs --root "$state/storage" --runroot "$state/run")
mkdir -p "$state"

# copy_libraries ROOT FILE...: the libraries that programs need.
copy_libraries() {
  local root=$1 file
  shift
  ldd "$@" | grep -oE '/[^ ]+\.so[^ ]*' | sort -u | while read -r file; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}

# commit_image CONTAINER NAME
commit_image() {
  "${buildah[@]}" umount "$1" >/dev/null
  "${buildah[@]}" commit --quiet "$1" "$2" >/dev/null
  "${buildah[@]}" rm "$1" >/dev/null
}

# distroless_image NAME: node, its libraries and the certificates.
distroless_image() {
  local container root node
  container=$("${buildah[@]}" from scratch)
  root=$("${buildah[@]}" mount "$container")
  node=$(readlink -f "$(command -v node)")
  mkdir -p "$root"/{nodejs/bin,etc/ssl,tmp,home/nonroot}
  chmod 1777 "$root/tmp"
  cp "$node" "$root/nodejs/bin/node"
  copy_libraries "$root" "$node"
  cp -rL /etc/ssl/certs "$root/etc/ssl/certs"
  printf 'root:x:0:0::/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
  cp -L /etc/nsswitch.conf "$root/etc/" 2>/dev/null || true
  "${buildah[@]}" config --user 65532 --entrypoint '["/nodejs/bin/node"]' "$container"
  commit_image "$container" "$1"
}

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
  copy_libraries "$root" "$node" "$root"/usr/bin/*
  cp -rL "$npm" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  cp -rL /etc/ssl/certs "$root/etc/ssl/certs"
  printf 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnode:x:1000:\n' >"$root/etc/group"
  cp -L /etc/resolv.conf /etc/hosts /etc/nsswitch.conf "$root/etc/" 2>/dev/null || true
  "${buildah[@]}" config --env PATH=/usr/local/bin:/usr/bin --env "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt" "$container"
  commit_image "$container" "$1"
}

# program_image NAME USER ENTRYPOINT COMMAND PROGRAM...: programs of this machine, their libraries and a shell.
program_image() {
  local container root program
  container=$("${buildah[@]}" from scratch)
  root=$("${buildah[@]}" mount "$container")
  mkdir -p "$root"/{usr/bin,etc,tmp,data}
  chmod 1777 "$root/tmp"
  for program in "${@:5}"; do cp -L "$(command -v "$program")" "$root/usr/bin/"; done
  copy_libraries "$root" "$root"/usr/bin/*
  cp -L /etc/passwd /etc/group /etc/nsswitch.conf "$root/etc/"
  "${buildah[@]}" config --env PATH=/usr/bin --user "$2" --entrypoint "$3" --cmd "$4" "$container"
  commit_image "$container" "$1"
}

case $1 in
  build) # [--build-arg NAME=VALUE]... -t NAME FOLDER
    folder=${*: -1}
    base_image docker.io/library/node:24-slim
    if grep -q distroless "$folder/Dockerfile"; then
      distroless_image gcr.io/distroless/nodejs24-debian12:nonroot
    fi
    # The format of docker has HEALTHCHECK.
    "${buildah[@]}" build --format docker --pull=never --isolation chroot "${@:2}"
    ;;
  stand-ins) # the images of compose.yaml, of the programs of this machine. They start as the official ones do.
    image_of() { sed -nE "s|^ +image: (docker.io/$1:.*)|\\1|p" compose.yaml; }
    program_image "$(image_of library/haproxy)" haproxy '[]' \
      'haproxy -W -db -f /usr/local/etc/haproxy/haproxy.cfg' haproxy
    program_image "$(image_of library/redis)" redis '[]' redis-server redis-server redis-cli
    program_image "$(image_of prom/prometheus)" nobody '["prometheus"]' \
      '--config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus' prometheus
    ;;
  image) # inspect --format '{{.Size}}' NAME: in bytes
    container=$("${buildah[@]}" from --pull=never "${*: -1}")
    du -sb "$("${buildah[@]}" mount "$container")" | cut -f 1
    "${buildah[@]}" rm "$container" >/dev/null
    ;;
  run) # --rm --detach --name NAME -p PORTS -v VOLUME [-e NAME=VALUE]... IMAGE
    shift
    options=() variables=()
    while [ $# -gt 1 ]; do
      case $1 in
        --name) name=$2; shift 2 ;;
        -e) variables+=(--env "$2"); shift 2 ;;
        -v) case $2 in /*) options+=(--volume "$2") ;; esac; shift 2 ;;
        -p) shift 2 ;;
        *) shift ;;
      esac
    done
    container=$("${buildah[@]}" from --pull=never "$1")
    # In the configuration, the variables are also those of exec.
    "${buildah[@]}" config "${variables[@]}" "$container"
    mapfile -t command < <("${buildah[@]}" inspect --format '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' "$container" | grep .)
    setsid "${buildah[@]}" run --isolation chroot "${options[@]}" "$container" -- "${command[@]}" >"$state/$name.log" 2>&1 &
    echo $! >"$state/$name.pid"
    echo "$container" >"$state/$name.container"
    printf '%s\n' "${options[@]}" >"$state/$name.options"
    echo "$container"
    ;;
  exec) # NAME COMMAND...
    mapfile -t options < <(grep . "$state/$2.options")
    "${buildah[@]}" run --isolation chroot "${options[@]}" "$(cat "$state/$2.container")" -- "${@:3}"
    ;;
  diff) # NAME: the files that the program has written. buildah itself writes below /etc and /run.
    root=$("${buildah[@]}" mount "$(cat "$state/$2.container")")
    find "$root" -xdev -newer "$state/$2.container" -type f -printf 'A /%P\n' | grep -vE ' /(etc|run)/' || true
    ;;
  logs) # NAME
    cat "$state/$2.log"
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
