#!/bin/sh
# Sets up what a part of the project needs, and nothing that is there already. `make` runs it.
#
#   sh bootstrap.sh run       to serve: PostgreSQL with PostGIS, .venv, the pages' scripts
#   sh bootstrap.sh check     to check: .venv with the developers' tools, the pages' scripts
#   sh bootstrap.sh test      to test: all of it, a browser and a Chinese font
#   sh bootstrap.sh packages  only what comes from the system's packages, for all of the above
#   sh bootstrap.sh bench     what the benches measure against, beside all for the checks
#   sh bootstrap.sh lock      uv, to make the lock files anew
#
# It has to work before anything is installed: POSIX sh, and no program beyond a bare Debian's.

set -eu
unset CDPATH
cd "$(dirname "$0")"

OLDEST_POSTGRES=15
UV='uv==0.13.9'

# As the command nuanyi does: NUANYI_LANG, or else the locale's, or Chinese.
locale=${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}
case "${NUANYI_LANG:-}/$locale" in
    zh/*) language=zh ;;
    en/* | */en*) language=en ;;
    *) language=zh ;;
esac

# say CHINESE ENGLISH: one line of progress.
say() {
    if [ "$language" = zh ]; then printf '%s\n' "$1" >&2; else printf '%s\n' "$2" >&2; fi
}

die() {
    say "$@"
    exit 1
}

now() { date +%s; }

child=
scratch=$(mktemp -d)
tidy() {
    if [ -n "$child" ]; then
        kill "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    rm -rf "$scratch"
}
trap tidy EXIT
trap 'exit 130' INT TERM HUP

# step CHINESE ENGLISH COMMAND...: runs a long command. Its own words go to a log; every five
# seconds the last of them is shown, and its errors when it fails.
step() {
    zh=$1 en=$2
    shift 2
    log=$scratch/log
    began=$(now) told=$began
    say "→ $zh" "→ $en"
    "$@" >"$log" 2>&1 </dev/null &
    child=$!
    while kill -0 "$child" 2>/dev/null; do
        sleep 0.2
        if [ $(($(now) - told)) -ge 5 ]; then
            told=$(now)
            printf '  %4ds  %s\n' $((told - began)) \
                "$(tail -n 3 "$log" | grep . | tail -n 1 | tr '\r\t' '  ' | cut -c1-90)" >&2
        fi
    done
    if wait "$child"; then
        child=
        say "  完成，用时 $(($(now) - began)) 秒" "  done in $(($(now) - began)) s"
    else
        status=$?
        child=
        # The cause is often far above the end: npm prints its whole help after it.
        grep -i -E 'error|fatal|^E:|missing' "$log" | head -n 12 >&2 || true
        echo '  ...' >&2
        tail -n 12 "$log" >&2
        die "✗ $zh：失败（$status）" "✗ $en: failed ($status)"
    fi
}

# ---- What the system's packages provide ------------------------------------------------------

# The newest installed server that is new enough, as "major sharedir"; nothing if there is none.
installed_servers() {
    for program in /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$program" ] || continue
        major=${program#/usr/lib/postgresql/}
        echo "${major%%/*} /usr/share/postgresql/${major%%/*}"
    done
    if command -v pg_config >/dev/null && [ -x "$(pg_config --bindir)/postgres" ]; then
        echo "$(pg_config --version | sed 's/[^0-9]*\([0-9]*\).*/\1/') $(pg_config --sharedir)"
    fi
}

has_postgis() {
    installed_servers | {
        while read -r major share; do
            if [ "$major" -ge "$OLDEST_POSTGRES" ] && [ -f "$share/extension/postgis.control" ]; then
                exit 0
            fi
        done
        exit 1
    }
}

has_pgrouting() {
    installed_servers | sort -n | tail -n 1 | {
        read -r major share && [ -f "$share/extension/pgrouting.control" ]
    }
}

# pgRouting for the same server as PostGIS; nothing where the system's packages have none.
pgrouting_package() {
    package=$(postgis_package)
    major=${package#postgresql-}
    apt-cache search --names-only "^postgresql-${major%%-*}-pgrouting\$" | cut -d ' ' -f 1
}

# The PostGIS package for the newest server that is installed, else that can be installed.
postgis_package() {
    newest=$(installed_servers | cut -d ' ' -f 1 | sort -n | tail -n 1)
    if [ "${newest:-0}" -lt "$OLDEST_POSTGRES" ]; then
        newest=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' |
            sed 's/postgresql-\([0-9]*\)-.*/\1/' | sort -n | tail -n 1)
    fi
    if [ "${newest:-0}" -ge "$OLDEST_POSTGRES" ]; then echo "postgresql-$newest-postgis-3"; fi
}

# The newest Python that is new enough, with venv and pip's wheel at hand if $1 is "whole".
find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            if [ "$1" = any ] || "$name" -c 'import ensurepip, venv' 2>/dev/null; then
                echo "$name"
                return
            fi
        fi
    done
}

# Debian splits venv off each Python; another Python brings its own.
venv_package() {
    python=$(find_python any)
    if [ -z "$python" ]; then
        echo python3-venv
    else
        "$python" -c 'import sys; print("python3.%d-venv" % sys.version_info.minor)'
    fi
}

find_chromium() {
    command -v chromium || command -v chromium-browser || command -v google-chrome || true
}

has_compose() {
    command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1
}

os_id() {
    (. /etc/os-release 2>/dev/null && echo "$ID")
}

has_chinese_font() {
    command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family)" ]
}

# The packages that are missing; what for is said by the arguments.
missing_packages() {
    for need in "$@"; do
        case $need in
            python) [ -n "$(find_python whole)" ] || venv_package ;;
            # With an operator's own database no server is needed here.
            postgres) [ -n "${NUANYI_DATABASE_URL:-}" ] || has_postgis || echo postgis ;;
            # Ubuntu has no chromium but a snap, which containers cannot run: see browser().
            browser)
                [ -n "$(find_chromium)" ] || [ "$(os_id)" = ubuntu ] || echo chromium
                has_chinese_font || echo fonts-noto-cjk fontconfig
                ;;
            # An oracle of one test, which without it says so and is skipped: nobody is asked to.
            pgrouting)
                if [ "$(id -u)" = 0 ] && [ -z "${NUANYI_TEST_DATABASE_URL:-}" ] && ! has_pgrouting
                then
                    # where the server is there and its package unknown, asking again is no use
                    if ! has_postgis || [ -n "$(pgrouting_package)" ]; then echo pgrouting; fi
                fi
                ;;
            # It reads docker-compose.yml without an engine. Nobody is asked to install it by hand:
            # without it that one test says so and is skipped.
            bench)
                command -v redis-server >/dev/null || echo redis-server
                command -v wrk >/dev/null || echo wrk
                ;;
            compose)
                [ "$(id -u)" != 0 ] || has_compose || [ "$(os_id)" != debian ] || echo docker-compose
                ;;
        esac
    done
}

need_packages() {
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || die \
        "缺少：$missing。这台机器没有 apt-get，请用系统自带的方式安装后再试。" \
        "Missing: $missing. There is no apt-get here; install them your system's way, then again."
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        resolve_postgis
        say "缺少一些系统软件包。请运行这一条命令，然后重试：" \
            "Some packages are missing. Run this one command, then try again:"
        printf "\n  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends %s'\n\n" \
            "${missing% }" >&2
        exit 1
    fi
    step "更新软件包列表" "Updating the list of packages" $as_root apt-get update
    resolve_postgis
    missing=$(echo " $missing" | sed "s/ pgrouting / $(pgrouting_package) /")
    leave_port_5432_alone
    step "安装 $missing" "Installing $missing" $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $missing
    give_port_5432_back
}

# "postgis" stands for a package whose name holds the server's version.
resolve_postgis() {
    case " $missing" in *' postgis '*) ;; *) return 0 ;; esac
    package=$(postgis_package)
    # A machine that has never updated its list knows no package yet: the metapackage will do.
    if [ -z "$package" ] && [ -z "$(apt-cache search --names-only '^postgresql-[0-9]+$')" ]; then
        package=postgresql-postgis
    fi
    [ -n "$package" ] || die \
        "系统软件源里没有 PostgreSQL $OLDEST_POSTGRES 或更新的 PostGIS。请用 Debian 12+、Ubuntu 24.04+，或设置 NUANYI_DATABASE_URL。" \
        "This system's packages have no PostGIS for PostgreSQL $OLDEST_POSTGRES or newer. Use Debian 12+, Ubuntu 24.04+, or set NUANYI_DATABASE_URL."
    missing=$(echo " $missing" | sed "s/ postgis / $package /")
}

# Debian makes and starts a cluster named "main" on port 5432 when a server is installed. Nobody
# asked for that one, so while we install it is told not to. A machine that has PostgreSQL already
# keeps what its owner chose, and afterwards the owner's next installation is as usual.
no_main_cluster=/etc/postgresql-common/createcluster.d/nuanyi.conf

leave_port_5432_alone() {
    if dpkg-query -W -f '${Status}' postgresql-common 2>/dev/null | grep -q installed; then return; fi
    $as_root mkdir -p "${no_main_cluster%/*}"
    echo 'create_main_cluster = false' | $as_root tee "$no_main_cluster" >/dev/null
}

give_port_5432_back() { $as_root rm -f "$no_main_cluster"; }

# ---- .venv -----------------------------------------------------------------------------------

fingerprint() { cat "$@" | sha256sum | cut -c1-16; }

# What pip and npm leave half-done goes with our own scratch. Not for apt-get, whose unprivileged
# half could not enter it.
keep_tidy() { export TMPDIR="$scratch"; }

# venv run|dev: the tools of developers are a superset, so one .venv serves both.
venv() {
    # The clone's own path is in it, because a venv does not survive being moved.
    stamp=.venv/.nuanyi-stamp
    want="$(fingerprint pyproject.toml requirements.lock requirements-dev.lock) $(pwd -P)"
    have=$(cat "$stamp" 2>/dev/null || true)
    if [ "$have" = "dev $want" ] || [ "$have" = "$1 $want" ]; then return; fi
    case $have in
        dev*) level=dev ;; # once the tools are in it, they stay
        *) level=$1 ;;
    esac
    case $have in
        *" $(pwd -P)") ;;
        *) make_venv ;;
    esac
    lock=requirements.lock
    [ "$level" = run ] || lock=requirements-dev.lock
    rm -f "$stamp"
    # a lock names every package, so pip looks for no others
    step "安装 Python 依赖（$lock）" "Installing the Python packages of $lock" \
        .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off \
        --no-deps --require-hashes -r "$lock"
    step "安装 nuanyi 命令" "Installing the command nuanyi" \
        .venv/bin/python -m pip install --disable-pip-version-check --no-deps \
        --no-build-isolation -e .
    echo "$level $want" >"$stamp"
}

make_venv() {
    python=$(find_python whole)
    [ -n "$python" ] || die "需要 Python 3.11 或更新的版本。" "Python 3.11 or newer is needed."
    rm -rf .venv
    step "新建 .venv（$python）" "Making .venv ($python)" "$python" -m venv .venv
}

# What the benches measure against lives in an environment of its own: tipg asks for other versions
# of what we use too.
bench() {
    stamp=.venv/bench/.nuanyi-stamp
    want="$(fingerprint bench/requirements.lock) $(pwd -P)"
    if [ "$(cat "$stamp" 2>/dev/null || true)" = "$want" ]; then return; fi
    rm -rf .venv/bench
    step "安装对比测试用的软件" "Installing what the benches measure against" install_bench
    echo "$want" >"$stamp"
}

install_bench() {
    .venv/bin/python -m venv .venv/bench
    .venv/bench/bin/python -m pip install --disable-pip-version-check --progress-bar off \
        --require-hashes -r bench/requirements.lock
}

# ---- The pages' scripts ----------------------------------------------------------------------

# What Vite asks for: 20.19 and later of 20, 22.12 and later.
node_will_do() {
    command -v node >/dev/null && command -v npm >/dev/null && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12)
            || major > 22 ? 0 : 1)' 2>/dev/null
}

# Puts a Node that will do on the PATH: the system's, or the one from Python's package index.
put_node_on_path() {
    if node_will_do; then return; fi
    PATH="$(pwd -P)/.venv/node/bin:$PATH"
    export PATH
    stamp=.venv/node/.nuanyi-stamp
    want="$(fingerprint web/requirements-node.lock) $(pwd -P)"
    if [ "$(cat "$stamp" 2>/dev/null || true)" = "$want" ]; then return; fi
    rm -rf .venv/node
    step "安装 Node.js（系统里没有 20.19+ 或 22.12+）" \
        "Installing Node.js (the system has no 20.19+ or 22.12+)" install_node
    echo "$want" >"$stamp"
}

install_node() {
    .venv/bin/python -m venv .venv/node
    .venv/node/bin/python -m pip install --disable-pip-version-check --progress-bar off \
        --require-hashes -r web/requirements-node.lock
}

web_sources() {
    find web \( -name node_modules -o -name dist -o -name __pycache__ \) -prune -o \
        -type f ! -name '*.py' ! -name '*.pyc' ! -name '*.lock' -exec sha256sum {} + |
        LC_ALL=C sort
}

web() {
    [ -f web/package.json ] || return 0
    modules=web/node_modules/.nuanyi-stamp
    want_modules="$(fingerprint web/package.json web/package-lock.json) $(uname -m)"
    built=web/dist/.nuanyi-stamp
    want_built=$(web_sources | fingerprint -)
    # A built set of pages needs no Node at all, unless the pages are to be checked.
    if [ "$1" = run ] && [ "$(cat "$built" 2>/dev/null || true)" = "$want_built" ]; then return; fi
    put_node_on_path
    if [ "$(cat "$modules" 2>/dev/null || true)" != "$want_modules" ]; then
        rm -f "$modules"
        # No package's own script is run: none needs it, and one reports who installs it.
        step "安装网页依赖" "Installing the pages' packages" \
            npm --prefix web ci --ignore-scripts --no-audit --no-fund --loglevel=http
        echo "$want_modules" >"$modules"
    fi
    if [ "$(cat "$built" 2>/dev/null || true)" != "$want_built" ]; then
        step "构建网页脚本" "Building the pages' scripts" npm --prefix web run build
        echo "$want_built" >"$built"
    fi
}

# ---- A browser for the tests, where the system's packages have none ----------------------------

browser() {
    if [ -n "$(find_chromium)" ]; then return; fi
    stamp=.venv/.nuanyi-browser
    if [ -f "$stamp" ]; then return; fi
    if [ "$(id -u)" = 0 ]; then with_libraries=--with-deps; else with_libraries=; fi
    step "下载测试用的 Chromium" "Fetching a Chromium for the tests" \
        .venv/bin/python -m playwright install $with_libraries chromium
    : >"$stamp"
}

# ----------------------------------------------------------------------------------------------

case "${1:-}" in
    run)
        need_packages python postgres
        keep_tidy
        venv run
        web run
        ;;
    check)
        need_packages python
        keep_tidy
        venv dev
        web dev
        ;;
    test)
        need_packages python postgres browser compose pgrouting
        keep_tidy
        venv dev
        web dev
        browser
        ;;
    bench)
        need_packages python postgres bench
        keep_tidy
        venv dev
        web run
        bench
        ;;
    packages) need_packages python postgres browser compose ;;
    lock)
        need_packages python
        keep_tidy
        [ -x .venv/bin/python ] || make_venv
        if [ "$(cat .venv/uv/.nuanyi-stamp 2>/dev/null || true)" != "$UV" ]; then
            rm -rf .venv/uv
            .venv/bin/python -m venv .venv/uv
            step "安装 uv" "Installing uv" .venv/uv/bin/python -m pip install \
                --disable-pip-version-check "$UV"
            echo "$UV" >.venv/uv/.nuanyi-stamp
        fi
        ;;
    *)
        sed -n '2,11s/^# \{0,1\}//p' bootstrap.sh >&2
        exit 2
        ;;
esac
