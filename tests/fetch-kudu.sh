#!/usr/bin/env bash
# Fetches the Kudu that the interoperability tests run against: binaries into tests/kudu/VERSION, its
# client for Java into tests/kudu/java.
#
#   tests/fetch-kudu.sh                  what the tests use: 1.18.1, 1.14.0, 1.9.0 and java
#   tests/fetch-kudu.sh 1.18.1 1.17.1    these versions
#   tests/fetch-kudu.sh java             the client for Java
#
# They come from Apache Kudu's releases in the Maven repository that mvn is set up for, and are
# checked against the sums below. Needs Linux on x86-64. Missing Debian packages are installed when
# run as root. What is there already is left alone, so running it twice costs nothing.
set -euo pipefail

defaults=(1.18.1 1.14.0 1.9.0 java)
artifact=org.apache.kudu:kudu-binary
classifier=linux-x86_64
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

declare -A sha256=(
    [1.18.1]=0185716d1ae755f8aae09a049e9271c5f7d24ae432a8d9b7cddfb620c17903ff
    [1.17.1]=a26082dec6228ddbd555760f0485a8797a74ef88d9545d8d69b42ed3b9081499
    [1.14.0]=925804f02bd2e8e09beb78c5d1cda1e259e8087b9e4cba03c21524a015d36ed2
    [1.9.0]=c7e1acfd3033ae31f22cb970ac28824070741cdc31ddd94bbc0a740ed95f1a33
)

# The client and what it needs to run.
declare -A java_sha256=(
    [org.apache.kudu:kudu-client:1.18.1]=b965a5b14b761683ca9c5312b8a40e48e50dec42c837d828b78ae0a58b2a518e
    [com.stumbleupon:async:1.4.1]=118bce251e41b829459eb5a14124bd9edbc42ff554514c048395cc3c6830c73a
    [org.slf4j:slf4j-api:1.7.36]=d3ef575e3e4979678dc01bf1dcce51021493b4d11fb7f1be8ad982877c16a1c0
    [org.slf4j:slf4j-simple:1.7.36]=2f39bed943d624dfa8f4102d0571283a10870b6aa36f197a8a506f147010c10f
)

say() { printf 'fetch-kudu: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints the Debian packages that are needed to fetch and to run what is fetched, and are not there.
missing_packages() {
    command -v mvn >/dev/null || printf '%s\n' maven
    command -v java >/dev/null && command -v javac >/dev/null || printf '%s\n' default-jdk-headless
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
    case ${1##*/} in
        java) [ -f "$1/kudu-client-1.18.1.jar" ] ;;
        *) [ -x "$1/bin/kudu" ] && [ -x "$1/bin/kudu-master" ] && [ -x "$1/bin/kudu-tserver" ] ;;
    esac
}

# copy_jar COORDINATES SUM FOLDER: prints its path.
copy_jar() {
    local coordinates=$1 sum=$2 folder=$3 name version classifier jar
    IFS=: read -r _ name version _ classifier <<<"$coordinates"
    # It prints escape sequences whatever it is told.
    mvn -B -q "$plugin:copy" -Dartifact="$coordinates" -DoutputDirectory="$folder" \
        -Dmdep.overWriteReleases=true 2>&1 | sed 's/\x1b\[[0-9;]*m//g' >&2 ||
        die "mvn could not fetch $coordinates"
    jar=$folder/$name-$version${classifier:+-$classifier}.jar
    printf '%s  %s\n' "$sum" "$jar" | sha256sum --check --status ||
        die "$coordinates: not the file that was pinned; its SHA-256 is $(sha256sum <"$jar")"
    printf '%s\n' "$jar"
}

# In one step, so that an interrupted run leaves no half of it behind.
put() {
    rm -rf "$2"
    mv "$1" "$2"
}

fetch_binaries() {
    local version=$1 target=$2/$1 work name jar
    work=$(mktemp -d "$2/.fetching-$version.XXXXXX")
    name=kudu-binary-$version-$classifier
    jar=$(copy_jar "$artifact:$version:jar:$classifier" "${sha256[$version]}" "$work")
    unzip -q "$jar" "$name/*" -d "$work"
    chmod +x "$work/$name"/bin/*
    complete "$work/$name" || die "$version: the archive lacks programs"
    put "$work/$name" "$target"
    rm -rf "$work"
}

fetch_java() {
    local work coordinates
    work=$(mktemp -d "$1/.fetching-java.XXXXXX")
    for coordinates in "${!java_sha256[@]}"; do
        copy_jar "$coordinates" "${java_sha256[$coordinates]}" "$work/java" >/dev/null
    done
    put "$work/java" "$1/java"
    rm -rf "$work"
}

main() {
    local root what all=("$@") wanted=()
    [ ${#all[@]} -gt 0 ] || all=("${defaults[@]}")
    [ "$(uname -sm)" = "Linux x86_64" ] || die "Kudu publishes binaries for Linux on x86-64 only"
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/kudu
    mkdir -p "$root"
    for what in "${all[@]}"; do
        [ "$what" = java ] || [ -n "${sha256[$what]:-}" ] || die "$what is not one of: java ${!sha256[*]}"
        complete "$root/$what" || wanted+=("$what")
    done
    install_packages
    for what in "${wanted[@]}"; do
        say "$what: fetching"
        case $what in
            java) fetch_java "$root" ;;
            *) fetch_binaries "$what" "$root" ;;
        esac
        say "$what: ready"
    done
    rm -rf "$root"/.fetching-*
    say "in $root: ${all[*]}"
}

main "$@"
