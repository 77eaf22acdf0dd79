#!/usr/bin/env bash
# The tests talk to real database servers and look at reports in a real browser: install whatever is missing, if this
# machine lets us. Servers are only installed here; the tests start private ones.
set -euo pipefail
cd "$(dirname "$0")/.."

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable; }
postgresql() { compgen -G '/usr/lib/postgresql/*/bin/postgres' || command -v postgres; } # Debian keeps it off the path
mariadb() { PATH=$PATH:/usr/sbin command -v mariadbd && command -v mariadb-install-db && command -v my_print_defaults; }

packages=()
browser >/dev/null || packages+=(chromium fonts-dejavu-core)
postgresql >/dev/null || packages+=(postgresql)
mariadb >/dev/null || packages+=(mariadb-server-core mariadb-client-core) # these bring no service
if [ ${#packages[@]} -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing ${packages[*]} for the tests ..." >&2
  policy=/usr/sbin/policy-rc.d # Debian asks it before it starts a service; no service is wanted here
  if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
  fi
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"; } \
    >/dev/null || echo "THAT FAILED." >&2
fi

browser >/dev/null || echo "THERE IS NO BROWSER: tests that look at reports need chromium; install it with your package manager." >&2
if server=$(postgresql); then
  "$(tail -n 1 <<<"$server")" --version >&2
else
  echo "THERE IS NO POSTGRESQL SERVER: tests need it; install postgresql with your package manager." >&2
fi
if server=$(mariadb); then
  "$(head -n 1 <<<"$server")" --version >&2
else
  echo "THERE IS NO MARIADB SERVER: tests need it; install mariadb-server with your package manager." >&2
fi
tests/mysql.sh
