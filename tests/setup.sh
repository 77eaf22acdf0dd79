#!/usr/bin/env bash
# The tests look at reports in a real browser: install one where there is none and this machine lets us.
set -euo pipefail
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null && exit 0
done
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing chromium for the tests ..." >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
else
  echo "THERE IS NO BROWSER: tests that look at reports need chromium; install it with your package manager." >&2
fi
