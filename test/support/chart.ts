/** What `npm run bench NAME --json` writes, as docs/kernels.json and docs/pipeline.json keep it. */
export interface Recorded {
  machine: string
  node: string
  commit: string
  date: string
  command: string
  rows: Record<string, string | number>[]
}

/** A contender's column in the rows, its name and its colour. */
type Contender = readonly [column: string, name: string, colour: string]

interface DotChart {
  title: string
  heading: string
  contenders: readonly Contender[]
  ticks: readonly number[]
  label: (row: Recorded['rows'][0]) => string
}

const WIDTH = 860
const LEFT = 310
const RIGHT = 40
const TOP = 96
const LINE = 22

/** docs/kernels.svg. */
export const kernelsChart = (recorded: Recorded): string =>
  dotChart(recorded, {
    title: 'Nanoseconds a row of each kernel, beside JavaScript and C',
    heading: 'Nanoseconds a row: runs of one series, then rows of many in random order (less is better; logarithmic)',
    contenders: [
      ['wasm ns', 'weir (WebAssembly)', '#0b6e4f'],
      ['js ns', 'plain JavaScript', '#d98e04'],
      ['C -O3 ns', 'C -O3', '#5c6ac4'],
      ['C -O3 -ffast-math ns', 'C -O3 -ffast-math', '#a0a7d8'],
    ],
    ticks: [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    label: ({ reduction, layout }) => `${reduction}, ${String(layout).replace(', interleaved', '')}`,
  })

/** docs/pipeline.svg. */
export const pipelineChart = (recorded: Recorded): string =>
  dotChart(recorded, {
    title: 'CPU of weir and of a plain Node program, MQTT to InfluxDB',
    heading: 'MQTT to InfluxDB: µs of CPU a message, or a sample where it has 100 (less is better; logarithmic)',
    contenders: [
      ['weir µs', 'weir', '#0b6e4f'],
      ['plain µs', 'plain Node', '#d98e04'],
      ['limit', 'what it may cost', '#c9c9d6'],
      ['prototype µs', 'reading and decoding alone', '#5c6ac4'],
    ],
    ticks: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500],
    label: (row) =>
      [
        String(row.case).startsWith('flat') ? 'flat out' : `${Number(row.rate).toLocaleString('en')}/s`,
        `QoS ${row.QoS}`,
        ...(row.samples === 1 ? [] : [`${row.samples} samples, ${String(row.case).replace(/.*-/, '')}`]),
        ...(row.series === 100 ? [] : [`${Number(row.series).toLocaleString('en')} series`]),
        ...(String(row.case).endsWith('strict') ? ['20 in flight'] : []),
      ].join(', '),
  })

/** A dot for each contender on a logarithmic axis, a line for each thing measured. */
function dotChart(
  { machine, node, commit, date, command, rows }: Recorded,
  { title, heading, contenders, ticks, label }: DotChart,
): string {
  const height = TOP + rows.length * LINE + 50
  const [least, most] = [ticks[0]!, ticks.at(-1)!]
  const x = (value: number) => LEFT + (Math.log(value / least) / Math.log(most / least)) * (WIDTH - LEFT - RIGHT)
  const text = (atX: number, atY: number, words: string, more = '') =>
    `<text x="${atX.toFixed(1)}" y="${atY}"${more}>${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</text>`
  const bottom = TOP + rows.length * LINE
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(16, 26, heading, ' font-size="16" font-weight="bold"'),
    text(16, 46, `${machine}, Node ${node}, ${date.slice(0, 10)}, commit ${commit}: ${command}`, ' fill="#555"'),
    ...contenders.flatMap(([, name, colour], i) => [
      `<circle cx="${22 + i * 170}" cy="66" r="5" fill="${colour}"/>`,
      text(32 + i * 170, 70, name),
    ]),
    ...ticks.flatMap((value) => [
      `<line x1="${x(value).toFixed(1)}" y1="${TOP - 8}" x2="${x(value).toFixed(1)}" y2="${bottom}" stroke="#ddd"/>`,
      text(x(value), bottom + 18, `${value}`, ' text-anchor="middle" fill="#555"'),
    ]),
    ...rows.flatMap((row, i) => {
      const y = TOP + i * LINE + LINE / 2
      return [
        text(LEFT - 12, y + 4, label(row), ' text-anchor="end"'),
        ...contenders.flatMap(([column, , colour]) => {
          const value = row[column]
          return typeof value === 'number'
            ? [`<circle cx="${x(value).toFixed(1)}" cy="${y}" r="5" fill="${colour}"/>`]
            : []
        }),
      ]
    }),
    '</svg>',
  ].join('\n')}\n`
}
