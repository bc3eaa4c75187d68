import type { Program } from './program.js'

/** Tags that weir sets itself, whatever a payload says. */
const RESERVED = ['gateway', 'source']

/**
 * The tags of a device that the decoder found under this key, beside those that its channel has. A tag that was asked
 * for by its name stands instead of the channel's; one that the payload brings under a name that is taken is called
 * `payload_NAME`, so that neither hides the other.
 */
export function tagsOfKey(
  key: string,
  { tagNames, ownTagNames = [] }: Pick<Program, 'tagNames' | 'ownTagNames'>,
  given: Record<string, string>,
): Record<string, string> {
  const parts = key.split('\x1f')
  const tags = new Map(Object.entries(given))
  for (const [i, name] of tagNames.entries()) if (parts[i]) tags.set(name, parts[i])
  const places = tagNames.length + ownTagNames.length
  const own = ownTagNames.map((name, i): [string, string] => [name, parts[tagNames.length + i] ?? ''])
  for (let i = places; i + 1 < parts.length; i += 2) own.push([parts[i], parts[i + 1]])
  for (const [name, value] of own) {
    let free = name
    while (tags.has(free) || RESERVED.includes(free)) free = `payload_${free}`
    if (value) tags.set(free, value)
  }
  // A name may be one that objects have, such as __proto__.
  return Object.fromEntries(tags)
}
