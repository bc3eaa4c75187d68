import type * as v from 'valibot'
import type { Components } from '../model/components.js'
import { derivedEntries } from './derived-schema.js'
import { LATER } from './later.js'
import { allowedText, branches, descriptionOf, isOptional, isSecret, type Part } from './schema-walk.js'
import { sinkEntries } from './sink-schema.js'
import { inputEntries, sourceEntries } from './source-schema.js'
import { topEntries } from './top-schema.js'
import { windowEntries } from './window-schema.js'

type Entries = Record<string, v.GenericSchema>

/** docs/CONFIG.md: every key there is, read from the schemas. */
export function configDoc(components: Components): string {
  const { sources, codecs, framings, kernels, formats, sinks } = components
  return `${[
    '# Configuration',
    'This page is generated from the schemas in the source; `docs/config.schema.json` is the same for editors.',
    'A configuration is one YAML file or several: maps merge, of all else the later wins. Unknown keys are errors.',
    'Durations are text such as `250ms`, `10s`, `5min`, `1h`, `7d`; sizes such as `64KiB`, `128MiB`.',
    `Values may hold \`\${env:NAME}\`, \`\${env:NAME:-default}\`, \`\${file:/path}\` and \`\${credential:NAME}\` (a file in \`$CREDENTIALS_DIRECTORY\`, as systemd gives it); \`$\${\` stands for a plain \`\${\`. What comes of it is always text.`,
    '## Top',
    table({ ...topEntries }),
    'Besides: `sources`, `derived`, `windows` and `sinks`, maps by name. A name has 1 to 64 of the characters `A-Z a-z 0-9 _ . -`.',
    '## Sources',
    'Every source has a `type` and may have:',
    table({ ...inputEntries, ...sourceEntries }),
    ...Object.entries(inputEntries).flatMap(([key, schema]) => nested(key, schema)),
    ...sources.flatMap((c) => section(`### \`type: ${c.type}\``, c)),
    ...(framings.length
      ? ['## Framings', ...framings.flatMap((c) => section(`### \`frame: { type: ${c.type} }\``, c))]
      : []),
    '## Decoding',
    'How payloads become samples: `decode:` of a source or topic.',
    ...codecs.filter(({ internal }) => !internal).flatMap((c) => section(`### \`decode: { type: ${c.type} }\``, c)),
    '## Derived series',
    'A series made of two others: `derived: { power: { product: [{ source: meter, field: volt }, { source: meter, field: amp }], unit: W } }`. The key is its field, `derived` its source, and for windows, page and `/status` it is a series like any other; other derived series may be made of it.',
    'It has a value at each event time at which either input has one, from the first time on at which both are known: made of the last values at or before that time, once the time of both sources has passed it. So the order in which samples arrive does not matter within `wait`; those that come behind what was made already count as `late` for the source `derived`, outcomes that are no finite number (a ratio by 0) as `invalid`.',
    'Inputs are paired device by device. Without `by`, those of one source belong to one device; those of two sources fit where all tags that both have are equal, and the derived series has the tags of both. Derived series count for `maxSeries`, and rows of inputs that wait take room of `maxMemory`: where there is none they are `rejected`.',
    table({ ...derivedEntries }),
    ...nested('sum', derivedEntries.sum),
    '## Windows',
    table(windowEntries),
    ...nested('of', windowEntries.of),
    '### Reductions',
    `[reductions.md](reductions.md) says of each what it gives, its arguments and its unit: ${kernels.map(({ name }) => code(name)).join(', ')}.`,
    '## Sinks',
    'Every sink has a `type` and may have:',
    table(sinkEntries),
    ...nested('spool', sinkEntries.spool),
    ...sinks.flatMap((c) => section(`### \`type: ${c.type}\``, c)),
    ...(formats.length
      ? [
          '### Formats',
          rows(
            ['format', 'what it is'],
            formats.map((f) => [code(f.type), f.summary]),
          ),
        ]
      : []),
    '## Not in this version',
    'These keys are known and refused until they work.',
    rows(
      ['where', 'key', 'what it will be'],
      Object.entries(LATER).flatMap(([place, keys]) =>
        Object.entries(keys).map(([key, what]) => [place, code(key), what]),
      ),
    ),
  ].join('\n\n')}\n`
}

function section(title: string, { summary, options }: { summary: string; options?: Entries }): string[] {
  const keys = Object.entries(options ?? {})
  return [
    title,
    summary,
    ...(keys.length ? [table(options!)] : []),
    ...keys.flatMap(([key, schema]) => nested(key, schema)),
  ]
}

/** Tables of the maps that a value may be. */
function nested(key: string, schema: v.GenericSchema): string[] {
  return branches(schema)
    .flatMap((part) => (part.item || part.value ? branches((part.item ?? part.value)!) : [part]))
    .filter((part, i, all) => part.entries && all.findIndex((other) => other.entries === part.entries) === i)
    .flatMap((part) => [`Keys of \`${key}\`:`, table(part.entries!)])
}

const table = (entries: Entries): string =>
  rows(
    ['key', 'what it is', 'allowed', 'default'],
    Object.entries(entries).map(([key, schema]) => [
      code(key),
      described(schema),
      allowedText(schema),
      defaultText(schema as Part),
    ]),
  )

const described = (schema: v.GenericSchema): string =>
  `${descriptionOf(schema)}${isSecret(schema) ? ' Never printed.' : ''}`.trim()

function defaultText(schema: Part): string {
  if (!isOptional(schema)) return 'needed'
  const { default: value } = schema
  if (value === undefined || typeof value === 'function') return ''
  return code(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Text as code of Markdown. */
export const code = (text: string): string => `\`${text}\``
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** A table of Markdown. */
export function rows(head: string[], body: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}
