/** A matcher for a glob: `*` stands for any text, `?` for one character, all else for itself. */
export function glob(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern
  if (pattern === '*') return () => true
  const wanted = [...pattern]
  return (text) => matches(wanted, [...text])
}

// The last star met takes one character more whenever the rest does not fit; earlier ones need never be asked again.
function matches(wanted: readonly string[], text: readonly string[]): boolean {
  let w = 0
  let star = -1
  let afterStar = 0
  for (let t = 0; t < text.length; ) {
    if (wanted[w] === '*') {
      star = w++
      afterStar = t
    } else if (w < wanted.length && (wanted[w] === '?' || wanted[w] === text[t])) {
      w++
      t++
    } else if (star >= 0) {
      w = star + 1
      t = ++afterStar
    } else return false
  }
  while (wanted[w] === '*') w++
  return w === wanted.length
}
