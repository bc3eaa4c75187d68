/** A topic entry as written, such as `plant/{line}/{machine}/telemetry`, taken apart. */
export interface TopicPattern {
  /** The filter to subscribe to: names replaced by wildcards. */
  readonly filter: string
  readonly levels: readonly Level[]
  /** Tags it makes, in order; `topic` last where a wildcard has no name. */
  readonly tags: readonly string[]
}

type Level = { text: string } | { wildcard: '+' | '#'; tag?: string; field?: boolean }

/** What a topic says of its messages. */
export interface TopicMatch {
  tags: Record<string, string>
  field?: string
}

/** Takes a pattern apart, or says what is wrong with it. */
export function parseTopic(text: string): TopicPattern | string {
  const problem = (why: string) =>
    `cannot subscribe to "${text}": ${why}; allowed: levels such as press, {name}, {field}, + and, as the last one, {name#} or #`
  if (text === '' || text.includes('\0') || Buffer.byteLength(text) > 65_000) return problem('no usable text')
  if (text.startsWith('$share/')) return problem('shared subscriptions have a key of their own; use `share: group`')
  const parts = text.split('/')
  const levels: Level[] = []
  const tags: string[] = []
  let unnamed = false
  let field = false
  for (const [index, part] of parts.entries()) {
    const named = /^\{([A-Za-z_][\w.-]*)(#?)\}$/.exec(part)
    const wildcard = part === '#' || named?.[2] === '#' ? '#' : '+'
    if (wildcard === '#' && index < parts.length - 1) return problem(`"${part}" is not the last level`)
    if (part === '+' || part === '#') {
      unnamed = true
      levels.push({ wildcard })
    } else if (named) {
      const name = named[1]
      if (name === 'gateway' || name === 'source') return problem(`the tag "${name}" is made by weir`)
      if (tags.includes(name) || (name === 'field' && field)) return problem(`"${name}" is there twice`)
      if (name === 'field' && wildcard === '+') {
        field = true
        levels.push({ wildcard, field })
      } else {
        tags.push(name)
        levels.push({ wildcard, tag: name })
      }
    } else if (/[{}+#]/.test(part)) {
      return problem(`"${part}" mixes text with a name or wildcard`)
    } else levels.push({ text: part })
  }
  if (unnamed && tags.includes('topic')) return problem('"topic" is the tag of unnamed wildcards')
  if (unnamed) tags.push('topic')
  const filter = levels.map((level) => ('text' in level ? level.text : level.wildcard)).join('/')
  return { filter, levels, tags }
}

/** What the pattern says of a topic, or undefined where it does not match. Levels without text make no tag. */
export function matchTopic(pattern: TopicPattern, topic: string): TopicMatch | undefined {
  const parts = topic.split('/')
  const match: TopicMatch = { tags: {} }
  // Wildcards never stand for the broker's own topics, MQTT 5.0 §4.7.2.
  if (topic.startsWith('$') && !('text' in pattern.levels[0])) return undefined
  for (const [index, level] of pattern.levels.entries()) {
    if ('text' in level) {
      if (parts[index] !== level.text) return undefined
      continue
    }
    const rest = level.wildcard === '#'
    // `a/#` matches `a` too.
    if (!rest && index >= parts.length) return undefined
    const text = rest ? parts.slice(index).join('/') : parts[index]
    if (text && level.field) match.field = text
    else if (text && level.tag) match.tags[level.tag] = text
    if (rest) return finish(pattern, topic, match)
  }
  return parts.length === pattern.levels.length ? finish(pattern, topic, match) : undefined
}

function finish(pattern: TopicPattern, topic: string, match: TopicMatch): TopicMatch {
  if (pattern.tags.at(-1) === 'topic' && match.tags.topic === undefined) match.tags.topic = topic
  return match
}

/** The filters without those that others cover, so that a broker sends each message once. */
export function uncovered(filters: readonly string[]): string[] {
  const distinct = [...new Set(filters)]
  return distinct.filter((filter) => !distinct.some((other) => other !== filter && covers(other, filter)))
}

/** True when every topic that `inner` matches is matched by `outer` too. */
function covers(outer: string, inner: string): boolean {
  if (inner.startsWith('$') !== outer.startsWith('$')) return false
  const a = outer.split('/')
  const b = inner.split('/')
  for (const [index, level] of a.entries()) {
    if (level === '#') return true
    if (index >= b.length || b[index] === '#') return false
    if (level !== '+' && level !== b[index]) return false
  }
  return a.length === b.length
}
