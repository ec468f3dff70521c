# shellcheck shell=bash
# What the project needs from the distribution; sourced by contrib/quickstart and contrib/test.
#
# A thing is looked for by what is used of it (a command, a header, an archive), not by the name of
# its package, so that one that came another way counts too.  Only what is missing is installed.
#
#   packages_need GROUP...   installs what is missing of the groups `build`, `test`; as a plain user
#                            says how, and fails when something of `build` is missing
#   packages_link            the value of -Dlink= that the archives on this machine allow

# group, looked for by, names of apt, dnf, apk, pacman, zypper
# ("-": the distribution has none, or it comes with another row's; "+" joins several names)
packages_table() {
    cat <<'TABLE'
build  cmd:cc                    gcc+libc6-dev gcc+glibc-devel gcc+musl-dev+linux-headers gcc gcc+glibc-devel
build  cmd:meson                 meson meson meson meson meson
build  cmd:ninja                 ninja-build ninja-build samurai ninja ninja
build  cmd:pkg-config            pkg-config pkgconf-pkg-config pkgconf pkgconf pkg-config
build  header:yajl/yajl_parse.h  libyajl-dev yajl-devel yajl-dev yajl libyajl-devel
build  pc:libseccomp             libseccomp-dev libseccomp-devel libseccomp-dev libseccomp libseccomp-devel
static archive:libc.a            libc6-dev glibc-static musl-dev glibc glibc-devel-static
static archive:libyajl_s.a       libyajl-dev - yajl-static - libyajl-devel-static
static archive:libseccomp.a      libseccomp-dev libseccomp-static libseccomp-static - -
test   pc:criterion              libcriterion-dev - - - -
test   cmd:git                  git git git git git
test   cmd:python3               python3 python3 python3 python python3
test   cmd:busybox               busybox-static busybox busybox-static busybox busybox-static
test   cmd:newuidmap             uidmap shadow-utils shadow-uidmap shadow shadow
test   cmd:strace                strace strace strace strace strace
test   cmd:runc                  runc runc runc runc runc
test   cmd:zsh                   zsh zsh zsh zsh zsh
test   cmd:fish                  fish fish fish fish fish
test   cmd:man                   man-db man-db mandoc man-db man
test   cmd:mkfs.erofs            erofs-utils erofs-utils erofs-utils erofs-utils erofs-utils
test   cmd:fuse-overlayfs        fuse-overlayfs fuse-overlayfs fuse-overlayfs fuse-overlayfs fuse-overlayfs
test   cmd:mksquashfs            squashfs-tools squashfs-tools squashfs-tools squashfs-tools squashfs
test   cmd:mke2fs                e2fsprogs e2fsprogs e2fsprogs e2fsprogs e2fsprogs
test   cmd:unshare               util-linux util-linux util-linux util-linux util-linux
test   cmd:setpriv               util-linux util-linux setpriv util-linux util-linux
test   cmd:readelf               binutils binutils binutils binutils binutils
test   archive:libasan.so        libasan8 libasan - gcc-libs libasan8
test   archive:libubsan.so       libubsan1 libubsan - gcc-libs libubsan1
test   cmd:clang                 clang clang clang clang clang
test   clang:asan                libclang-rt-dev compiler-rt compiler-rt compiler-rt clang
test   cmd:clang-format          clang-format clang-tools-extra clang-extra-tools clang clang-tools
test   cmd:shellcheck            shellcheck ShellCheck shellcheck shellcheck ShellCheck
test   cmd:aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu+libc6-dev-arm64-cross - - - -
TABLE
}

# The column of the table that is this distribution's; fails on an unknown one.
packages_manager() {
    local manager

    for manager in apt-get:3 dnf:4 apk:5 pacman:6 zypper:7; do
        if command -v "${manager%:*}" >/dev/null; then
            echo "$manager"
            return 0
        fi
    done
    return 1
}

packages_have() {
    local what=${1#*:} found

    case $1 in
    cmd:*) command -v "$what" >/dev/null ;;
    pc:*) pkg-config --exists "$what" 2>/dev/null ;;
    header:*) echo "#include <$what>" | cc -E -x c - >/dev/null 2>&1 ;;
    clang:*) # a run-time library of clang's own
        found=$(clang -print-runtime-dir 2>/dev/null)
        compgen -G "$found/libclang_rt.$what*" >/dev/null
        ;;
    archive:*)
        found=$(cc -print-file-name="$what" 2>/dev/null) && [[ $found == */* && -e $found ]]
        ;;
    esac
}

# packages_missing GROUP COLUMN: "thing names" for each row that is not there.
packages_missing() {
    local group thing rest
    local -a names

    while read -r group thing rest; do
        read -ra names <<<"$rest"
        if [[ $group == "$1" ]] && ! packages_have "$thing"; then
            echo "$thing ${names[$2 - 3]//+/ }"
        fi
    done < <(packages_table)
}

packages_verb() {
    case $1 in
    apk) echo "apk add" ;;
    pacman) echo "pacman -S" ;;
    *) echo "$1 install" ;;
    esac
}

packages_run() {
    local manager=$1
    shift

    case $manager in
    apt-get)
        export DEBIAN_FRONTEND=noninteractive
        apt-get install -y -qq --no-install-recommends "$@" ||
            { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; }
        ;;
    dnf) dnf install -y -q "$@" ;;
    apk) apk add -q "$@" ;;
    pacman) pacman -S --needed --noconfirm --quiet "$@" ;;
    zypper) zypper --quiet --non-interactive install "$@" ;;
    esac
}

# packages_install MANAGER GROUP COLUMN: all at once; one by one where a name is unknown.
packages_install() {
    local manager=$1 group=$2 column=$3 name log
    local -a wanted=()

    mapfile -t wanted < <(packages_missing "$group" "$column" | cut -d' ' -f2- | tr ' ' '\n' |
        sed '/^-$/d' | sort -u)
    [[ ${#wanted[@]} -gt 0 ]] || return 0

    if [[ $(id -u) -ne 0 ]]; then
        echo "missing here ($group); as root: $(packages_verb "$manager") ${wanted[*]}" >&2
        return 0
    fi
    echo "installing (${group}): ${wanted[*]}" >&2
    log=$(mktemp)
    if ! packages_run "$manager" "${wanted[@]}" >"$log" 2>&1 </dev/null; then
        for name in "${wanted[@]}"; do
            packages_run "$manager" "$name" >"$log" 2>&1 </dev/null ||
                { echo "could not install $name:" && tail -n 3 "$log"; } >&2
        done
    fi
    rm -f "$log"
}

packages_need() {
    local manager column group missing

    if manager=$(packages_manager); then
        column=${manager#*:}
        manager=${manager%:*}
    else
        manager=none
        column=3
        echo "no apt, dnf, apk, pacman or zypper here: nothing can be installed" >&2
    fi
    for group in "$@"; do
        [[ $manager == none ]] || packages_install "$manager" "$group" "$column"
        if [[ $group == build ]]; then
            # Without these archives the program is linked to shared libraries: no reason to stop.
            [[ $manager == none ]] || packages_install "$manager" static "$column"
            missing=$(packages_missing build "$column" | cut -d' ' -f1 | tr '\n' ' ')
            if [[ -n $missing ]]; then
                echo "cannot build without: $missing" >&2
                return 1
            fi
        fi
    done
}

packages_link() {
    local archive

    for archive in libyajl_s.a libseccomp.a; do
        if ! packages_have "archive:$archive"; then
            echo dynamic
            return 0
        fi
    done
    if packages_have archive:libc.a && packages_have archive:rcrt1.o; then
        echo static
    else
        echo libc
    fi
}
