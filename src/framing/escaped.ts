import * as v from 'valibot'

const NAMED: Record<string, number> = { n: 10, r: 13, t: 9, '0': 0, '\\': 92 }

/** Text with the escapes `\n \r \t \0 \\ \xNN` to bytes (all else as UTF-8), or undefined where an escape is none of these. */
export function unescapeBytes(text: string): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  for (const [part, name, hex] of text.matchAll(/\\(?:([nrt0\\])|x([\da-fA-F]{2}))|[^\\]+|\\/g)) {
    if (part === '\\') return undefined
    if (hex) parts.push(Uint8Array.of(Number.parseInt(hex, 16)))
    else parts.push(name ? Uint8Array.of(NAMED[name]) : Buffer.from(part))
  }
  return new Uint8Array(Buffer.concat(parts))
}

/** Bytes written as text with escapes; the outcome is a Uint8Array of 1 to `maxBytes`. */
export function escapedBytes(maxBytes: number) {
  const allowed = `text of 1 to ${maxBytes} bytes, where \\r \\n \\t \\0 \\\\ and \\xNN are escapes`
  return v.pipe(
    v.string(allowed),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const bytes = unescapeBytes(dataset.value)
      if (!bytes?.length || bytes.length > maxBytes) {
        addIssue({ message: allowed })
        return NEVER
      }
      return bytes
    }),
    v.metadata({ allowed, jsonType: 'string' }),
  )
}
