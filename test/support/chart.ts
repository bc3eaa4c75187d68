/** What `npm run bench kernels --json` writes, as docs/kernels.json keeps it. */
export interface Recorded {
  machine: string
  node: string
  commit: string
  date: string
  command: string
  rows: Record<string, string | number>[]
}

const CONTENDERS: readonly [column: string, name: string, colour: string][] = [
  ['wasm ns', 'weir (WebAssembly)', '#0b6e4f'],
  ['js ns', 'plain JavaScript', '#d98e04'],
  ['C -O3 ns', 'C -O3', '#5c6ac4'],
  ['C -O3 -ffast-math ns', 'C -O3 -ffast-math', '#a0a7d8'],
]
const WIDTH = 860
const LEFT = 310
const RIGHT = 40
const TOP = 96
const LINE = 22
const LEAST_NS = 0.2
const MOST_NS = 1000
const TICKS = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

/** docs/kernels.svg: a dot for each contender on a logarithmic axis, a line for each thing measured. */
export function kernelsChart({ machine, node, commit, date, command, rows }: Recorded): string {
  const height = TOP + rows.length * LINE + 50
  const x = (ns: number) => LEFT + (Math.log(ns / LEAST_NS) / Math.log(MOST_NS / LEAST_NS)) * (WIDTH - LEFT - RIGHT)
  const text = (atX: number, atY: number, words: string, more = '') =>
    `<text x="${atX.toFixed(1)}" y="${atY}"${more}>${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</text>`
  const bottom = TOP + rows.length * LINE
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    '<title>Nanoseconds a row of each kernel, beside JavaScript and C</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(
      16,
      26,
      'Nanoseconds a row: runs of one series, then rows of many in random order (less is better; logarithmic)',
      ' font-size="16" font-weight="bold"',
    ),
    text(16, 46, `${machine}, Node ${node}, ${date.slice(0, 10)}, commit ${commit}: ${command}`, ' fill="#555"'),
    ...CONTENDERS.flatMap(([, name, colour], i) => [
      `<circle cx="${22 + i * 170}" cy="66" r="5" fill="${colour}"/>`,
      text(32 + i * 170, 70, name),
    ]),
    ...TICKS.flatMap((ns) => [
      `<line x1="${x(ns).toFixed(1)}" y1="${TOP - 8}" x2="${x(ns).toFixed(1)}" y2="${bottom}" stroke="#ddd"/>`,
      text(x(ns), bottom + 18, `${ns}`, ' text-anchor="middle" fill="#555"'),
    ]),
    ...rows.flatMap((row, i) => {
      const y = TOP + i * LINE + LINE / 2
      return [
        text(
          LEFT - 12,
          y + 4,
          `${row.reduction}, ${String(row.layout).replace(', interleaved', '')}`,
          ' text-anchor="end"',
        ),
        ...CONTENDERS.flatMap(([column, , colour]) => {
          const ns = row[column]
          return typeof ns === 'number' ? [`<circle cx="${x(ns).toFixed(1)}" cy="${y}" r="5" fill="${colour}"/>`] : []
        }),
      ]
    }),
    '</svg>',
  ].join('\n')}\n`
}
