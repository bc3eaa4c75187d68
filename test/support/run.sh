#!/bin/bash
# All tests, with everything they need: `npm test` on a fresh Debian with Node. Fetches the Debian packages and npm
# packages that are missing, builds, and runs the suites of build/test by folder, two folders at a time.
# Last line: `N passed, N failed`. A skipped test counts as failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
export NO_COLOR=1

# command:package
needed=(
  mosquitto:mosquitto influxd:influxdb victoria-metrics:victoria-metrics socat:socat openssl:openssl
  gcc:gcc g++:g++ make:make
  chromium:chromium systemd-analyze:systemd systemd-nspawn:systemd-container nsenter:util-linux mmdebstrap:mmdebstrap
  clang:clang avr-gcc:gcc-avr arm-none-eabi-gcc:gcc-arm-none-eabi qemu-system-arm:qemu-system-arm
)
# file:package
needed_files=(
  /usr/include/stdio.h:libc6-dev /usr/lib/avr/include/avr/io.h:avr-libc /usr/include/simavr/sim_avr.h:libsimavr-dev
  /usr/include/libelf.h:libelf-dev
  /usr/lib/python3/dist-packages/numpy:python3-numpy /usr/lib/python3/dist-packages/scipy:python3-scipy
)

install_packages() {
  local missing=() pair as_root=()
  for pair in "${needed[@]}"; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  for pair in "${needed_files[@]}"; do
    [ -e "${pair%%:*}" ] || missing+=("${pair##*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  if ! command -v apt-get >/dev/null || { [ ${#as_root[@]} -gt 0 ] && ! command -v sudo >/dev/null; }; then
    echo "cannot install what the tests need: no apt-get, or neither root nor sudo; missing: ${missing[*]};" \
      "install these packages by hand and run again" >&2
    exit 1
  fi
  echo "installing ${missing[*]}"
  # Tests start their own servers: the packages' services stay off.
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then
    made=1
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
  fi
  local status=0
  { "${as_root[@]}" apt-get update -q && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}"; } >&2 </dev/null || status=$?
  if [ -n "$made" ]; then "${as_root[@]}" rm -f $policy; fi
  if [ $status -ne 0 ]; then
    echo "cannot install what the tests need: apt-get failed; needed: ${missing[*]}" >&2
    exit 1
  fi
}

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# A group is a folder of test/, or `root` for the files beside them. Benchmarks and helpers hold no suites.
files_of() {
  if [ "$1" = root ]; then find build/test -maxdepth 1 -name '*.test.js'; else find "build/test/$1" -name '*.test.js'; fi | sort
}

# The longest first, so that they don't run alone at the end.
groups() {
  printf '%s\n' systemd crash e2e
  find build/test -name '*.test.js' -not -path '*/bench/*' -not -path '*/support/*' -printf '%P\n' |
    sed 's,^[^/]*$,root,; s,/.*,,' | sort -u | grep -vx 'systemd\|crash\|e2e'
}

count() { awk -v what="$2" '$2 == what { n = $3 } END { print n + 0 }' "$logs/$1.log"; }

run_group() {
  local group=$1 from=$EPOCHREALTIME files outcome= as_root=()
  # A Debian is booted there, and disks are mounted, which only root may do.
  if [[ "$group" = systemd || "$group" = crash ]] && [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  mapfile -t files < <(files_of "$group")
  "${as_root[@]}" "$(command -v node)" --test --test-concurrency=1 --test-timeout=300000 --test-reporter=spec "${files[@]}" \
    >"$logs/$group.log" 2>&1 </dev/null || outcome='  FAILED'
  [ -z "$outcome" ] || touch "$logs/$group.failed"
  printf '%-12s %6.1f s  %4d tests%s\n' "$group" "$(awk -v from="$from" -v to="$EPOCHREALTIME" 'BEGIN { print to - from }')" \
    "$(count "$group" tests)" "$outcome"
}

install_packages
export PATH="$PATH:/usr/sbin:/sbin"
npm run --silent setup
from=$SECONDS
rm -rf build/test
npm run --silent build
echo "build: $((SECONDS - from)) s"

mapfile -t all < <(groups)
for group in "${all[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
  run_group "$group" &
done
wait

passed=0 failed=0
for group in "${all[@]}"; do
  good=$(count "$group" pass)
  bad=$(($(count "$group" fail) + $(count "$group" cancelled) + $(count "$group" skipped) + $(count "$group" todo)))
  # The runner itself broke before it could count.
  if [ $bad -eq 0 ] && [ -e "$logs/$group.failed" ]; then bad=1; fi
  if [ $bad -gt 0 ]; then cat "$logs/$group.log"; fi
  passed=$((passed + good)) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
