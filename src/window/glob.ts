/** A matcher for a glob: `*` stands for any text, `?` for one character, all else for itself. */
export function glob(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern
  if (pattern === '*') return () => true
  const source = [...pattern].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c.replace(/[\\^$.|+()[\]{}]/, '\\$&')))
  const expression = new RegExp(`^${source.join('')}$`, 'su')
  return (text) => expression.test(text)
}
