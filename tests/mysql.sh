#!/usr/bin/env bash
# Unpack a real MySQL server into build/mysql: Debian has one in sid only. Nothing else on this machine changes.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$PWD/build/mysql

works() { "$target/mysqld" --version 2>/dev/null; }
give_up() {
  echo "THERE IS NO MYSQL: $1. ITS TESTS WILL BE SKIPPED." >&2
  exit 0
}

works >&2 && exit 0
command -v apt-get >/dev/null || give_up "THIS IS NOT A DEBIAN"

# The mirror that this machine uses, and the keys that it trusts it with, come from its own sources.
mirrors() {
  # shellcheck disable=SC2016  # it is apt-get that fills these in
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)|$(SOURCESENTRY)' 'Created-By: Packages' |
    grep '^Debian|Debian|main|'
}
if ! mirrors >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq >&2 || true # apt knows whose a mirror is once it has been there
fi
entry=$(mirrors | head -n 1) || give_up "THIS MACHINE KNOWS NO DEBIAN MIRROR"
IFS='|' read -r _ _ _ mirror source <<<"$entry"
keys=$(sed -n -e 's/^Signed-By: *\(\/.*\)/\1/p' -e 's/^deb .*signed-by=\([^] ]*\).*/\1/p' "${source%:*}" | head -n 1)

rm -rf "$target"
mkdir -p "$target"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial"
: >"$work/status" # an empty list of what is installed, so that all that MySQL needs is fetched, libc included
echo "deb ${keys:+[signed-by=$keys] }$mirror sid main" >"$work/sid.list"
cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sid.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache::archives "$work/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Retries "3";
Debug::NoLocking "true";
CONF
export APT_CONFIG=$work/apt.conf
echo "Fetching MySQL for the tests ..." >&2
apt-get update -qq >&2 || give_up "SID'S LIST OF PACKAGES CAN'T BE FETCHED"
apt-get install -qq -y --download-only mysql-server-core >/dev/null || give_up "ITS PACKAGES CAN'T BE FETCHED"
for package in "$work"/archives/*.deb; do
  dpkg-deb -x "$package" "$target/root" || give_up "$(basename "$package") CAN'T BE UNPACKED"
done

# It runs with the libraries that came with it, by their own loader, wherever the checkout is moved to.
cat >"$target/mysqld" <<'WRAPPER'
#!/bin/sh
root=$(cd "$(dirname "$0")/root" && pwd)
loader=$(echo "$root"/usr/lib/*-linux-gnu*/ld-linux*.so.*)
libraries=$(dirname "$loader")
first=
case "$1" in --no-defaults) first=$1 && shift ;; esac
exec "$loader" --library-path "$libraries:$root/usr/lib/mysql/private" "$root/usr/sbin/mysqld" $first \
  --basedir="$root/usr" --lc-messages-dir="$root/usr/share/mysql" --character-sets-dir="$root/usr/share/mysql/charsets" \
  --plugin-dir="$root/usr/lib/mysql/plugin" "$@"
WRAPPER
chmod +x "$target/mysqld"
works >&2 || give_up "WHAT SID HAS DOES NOT RUN HERE"
