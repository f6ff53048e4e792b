#!/usr/bin/env bash
# Fetches the Kudu binaries that the interoperability tests run against, into tests/kudu/VERSION.
#
#   tests/fetch-kudu.sh                  the versions the tests use: 1.18.1, 1.14.0 and 1.9.0
#   tests/fetch-kudu.sh 1.18.1 1.17.1    these versions
#
# They come from Apache Kudu's releases in the Maven repository that mvn is set up for, and are
# checked against the sums below. Needs Linux on x86-64. Missing Debian packages are installed when
# run as root. What is there already is left alone, so running it twice costs nothing.
set -euo pipefail

default_versions=(1.18.1 1.14.0 1.9.0)
artifact=org.apache.kudu:kudu-binary
classifier=linux-x86_64
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

declare -A sha256=(
    [1.18.1]=0185716d1ae755f8aae09a049e9271c5f7d24ae432a8d9b7cddfb620c17903ff
    [1.17.1]=a26082dec6228ddbd555760f0485a8797a74ef88d9545d8d69b42ed3b9081499
    [1.14.0]=925804f02bd2e8e09beb78c5d1cda1e259e8087b9e4cba03c21524a015d36ed2
    [1.9.0]=c7e1acfd3033ae31f22cb970ac28824070741cdc31ddd94bbc0a740ed95f1a33
)

say() { printf 'fetch-kudu: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints the Debian packages that are needed for the versions given and are not there.
missing_packages() {
    command -v mvn >/dev/null || printf '%s\n' maven
    command -v java >/dev/null || printf '%s\n' default-jre-headless
    command -v unzip >/dev/null || printf '%s\n' unzip
    # Binaries older than 1.17 were linked with it.
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q 'libtinfo\.so\.5' || printf '%s\n' libtinfo5
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages)
    [ ${#packages[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        die "these packages are missing, install them first: ${packages[*]}"
    fi
    say "installing ${packages[*]}"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
}

complete() {
    [ -x "$1/bin/kudu" ] && [ -x "$1/bin/kudu-master" ] && [ -x "$1/bin/kudu-tserver" ]
}

fetch() {
    local version=$1 target=$2/$1 sum=${sha256[$1]} work name
    work=$(mktemp -d "$2/.fetching-$version.XXXXXX")
    name=kudu-binary-$version-$classifier
    say "$version: fetching"
    # It prints escape sequences whatever it is told.
    mvn -B -q "$plugin:copy" -Dartifact="$artifact:$version:jar:$classifier" \
        -DoutputDirectory="$work" -Dmdep.overWriteReleases=true 2>&1 | sed 's/\x1b\[[0-9;]*m//g' >&2 ||
        die "$version: mvn could not fetch $artifact:$version:jar:$classifier"
    printf '%s  %s\n' "$sum" "$work/$name.jar" | sha256sum --check --status ||
        die "$version: not the file that was pinned; its SHA-256 is $(sha256sum <"$work/$name.jar")"
    unzip -q "$work/$name.jar" "$name/*" -d "$work"
    chmod +x "$work/$name"/bin/*
    complete "$work/$name" || die "$version: the archive lacks programs"
    # In one step, so that an interrupted run leaves no half of it behind.
    rm -rf "$target"
    mv "$work/$name" "$target"
    rm -rf "$work"
    say "$version: ready"
}

main() {
    local root version versions=("$@") wanted=()
    [ ${#versions[@]} -gt 0 ] || versions=("${default_versions[@]}")
    [ "$(uname -sm)" = "Linux x86_64" ] || die "Kudu publishes binaries for Linux on x86-64 only"
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/kudu
    mkdir -p "$root"
    for version in "${versions[@]}"; do
        [ -n "${sha256[$version]:-}" ] || die "$version is not one of: ${!sha256[*]}"
        complete "$root/$version" || wanted+=("$version")
    done
    install_packages
    for version in "${wanted[@]}"; do
        fetch "$version" "$root"
    done
    rm -rf "$root"/.fetching-*
    say "in $root: ${versions[*]}"
}

main "$@"
