#!/usr/bin/env bash
# Makes sure that the system can create a virtual environment and compile a Python extension.
#
# With the argument `test`, also that the tests find a browser, curl and openssl.
# Detects first: with everything there nothing is called and nothing is printed. Otherwise installs the Debian packages
# as root or with a sudo that asks nothing; without either it fails and names the one line to run.
set -euo pipefail

python=${PYTHON:-python3}
packages=(python3 python3-venv python3-dev gcc libc6-dev)
browsers=(chromium-headless-shell chromium google-chrome)
for_tests=${1:-}
[ "$for_tests" = test ] && packages+=(chromium-headless-shell curl openssl)

missing() {
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "$python is not a Python of version 3.11 or newer"
    return
  fi
  "$python" -c 'import ensurepip, venv' 2>/dev/null || echo "$python has no venv and ensurepip"
  if ! command -v cc >/dev/null; then
    echo "there is no C compiler"
    return
  fi
  if [ "$for_tests" = test ]; then
    command -v "${browsers[@]}" >/dev/null || echo "there is no Chromium"
    command -v curl >/dev/null || echo "there is no curl"
    command -v openssl >/dev/null || echo "there is no openssl"
  fi
  local include
  include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
  echo '#include <Python.h>' | cc -fsyntax-only -I "$include" -x c - 2>/dev/null ||
    echo "the C headers of $python (Python.h) or of the system are missing"
}

problems=$(missing)
[ -z "$problems" ] && exit 0
echo "System packages are needed: $problems" >&2

if [ "$(id -u)" = 0 ]; then
  as_root=()
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  echo "Run this once as root, then repeat your command:  make deps" >&2
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  echo "This system has no apt-get. Install what Debian calls: ${packages[*]}" >&2
  exit 1
fi

"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"

problems=$(missing)
if [ -n "$problems" ]; then
  echo "Still missing: $problems" >&2
  echo "The packages of the system serve /usr/bin/python3; try  make PYTHON=/usr/bin/python3 setup" >&2
  exit 1
fi
