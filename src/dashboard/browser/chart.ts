// The chart of one series: band of min and max, mean, further reductions as lines; corrected points ringed, gaps left open.
import uPlot from 'uplot'
import type { SeriesHistory } from '../wire.js'
import { deviceName, type Model, type Row } from './model.js'
import { count, h, number, outside } from './text.js'

/** Lines of further reductions, on light and on dark. */
const COLOURS = {
  light: ['#b54a10', '#7040c4', '#0f7d67', '#b02c63', '#7a6600', '#38701c', '#a03c3c'],
  dark: ['#ff9d5c', '#b79cff', '#4fd6b8', '#ff8ac0', '#e0c540', '#8fd45f', '#ffa3a3'],
}

export class Chart {
  readonly #dialog = document.querySelector<HTMLDialogElement>('#chart')!
  readonly #choices = document.querySelector<HTMLElement>('#chart-choices')!
  readonly #box = document.querySelector<HTMLElement>('#plot')!
  readonly #note = document.querySelector<HTMLElement>('#chart-note')!
  #row: Row | undefined
  #panes = new Map<number, { values: (number | null)[]; corrected: boolean }>()
  #history: SeriesHistory | undefined
  #chosen = new Set<string>()
  #plot: uPlot | undefined

  constructor(private readonly model: Model) {
    document.querySelector('#chart-close')!.addEventListener('click', () => this.#dialog.close())
    this.#dialog.addEventListener('close', () => this.#clear())
    addEventListener('resize', () => this.#plot?.setSize(this.#size()))
  }

  async open(row: Row): Promise<void> {
    this.#clear()
    this.#row = row
    const tags = row.head.tags.map(([name, value]) => `${name}=${value}`).join(' ')
    const title = document.querySelector('#chart-title')!
    title.replaceChildren(outside(`${deviceName(row.head)} · ${row.head.field}`))
    title.setAttribute('title', tags)
    if (!this.#dialog.open) this.#dialog.showModal()
    await this.refresh(true)
  }

  /** Asks for what is new of the series; draws. */
  async refresh(first = false): Promise<void> {
    const row = this.#row
    if (!row || (!first && (!this.#history || !this.model.changed.has(row.head.id)))) return
    const since = first ? -1 : this.#history!.version
    const response = await fetch(`/series?id=${row.head.id}&since=${since}`).catch(() => undefined)
    if (!response?.ok || this.#row !== row) return
    const history = (await response.json()) as SeriesHistory
    this.#history = history
    history.timesS.forEach((timeS, i) => {
      const values = history.values.map((column) => column[i])
      this.#panes.set(timeS, { values, corrected: history.corrected[i] === 1 })
    })
    if (first) {
      this.#chosen = new Set([row.head.reduction])
      this.#offer(row, history)
    }
    this.#draw(row, history)
  }

  /** Colours changed. */
  restyle(): void {
    if (this.#row && this.#history) {
      this.#plot?.destroy()
      this.#plot = undefined
      this.#draw(this.#row, this.#history)
    }
  }

  #clear(): void {
    this.#row = this.#history = undefined
    this.#panes = new Map()
    this.#plot?.destroy()
    this.#plot = undefined
    this.#note.textContent = ''
  }

  /** Buttons: other windows of the same field, and which reductions are lines. */
  #offer(row: Row, { reductions }: SeriesHistory): void {
    const { tags, field } = row.head
    const same = [...this.model.rows.values()].filter(
      (other) => other.head.field === field && JSON.stringify(other.head.tags) === JSON.stringify(tags),
    )
    const windows = same.map((other) => {
      const button = h('button', { type: 'button', 'aria-pressed': String(other === row) }, outside(other.head.window))
      button.addEventListener('click', () => void this.open(other))
      return button
    })
    const lines = reductions.map(({ name }) => {
      const button = h('button', { type: 'button', 'aria-pressed': String(this.#chosen.has(name)) }, outside(name))
      button.addEventListener('click', () => {
        if (!this.#chosen.delete(name)) this.#chosen.add(name)
        button.setAttribute('aria-pressed', String(this.#chosen.has(name)))
        this.restyle()
      })
      return button
    })
    this.#choices.replaceChildren(
      ...(windows.length > 1 ? [...windows, h('span', { class: 'dim' }, '|')] : []),
      ...lines,
    )
  }

  #draw(row: Row, history: SeriesHistory): void {
    const { everyS } = row.head
    const times: number[] = []
    const panes: ({ values: (number | null)[]; corrected: boolean } | undefined)[] = []
    for (const timeS of [...this.#panes.keys()].sort((a, b) => a - b)) {
      const before = times.at(-1)
      // A gap is a gap: nothing is drawn across windows that are missing.
      if (before !== undefined && timeS - before > 1.5 * everyS) {
        times.push(before + everyS)
        panes.push(undefined)
      }
      times.push(timeS)
      panes.push(this.#panes.get(timeS))
    }
    const column = (name: string) => {
      const index = history.reductions.findIndex((one) => one.name === name)
      return panes.map((pane) => (pane && index >= 0 ? pane.values[index] : null))
    }
    const lines = history.reductions.filter(({ name }) => this.#chosen.has(name))
    const corrected = panes.flatMap((pane, i) => (pane?.corrected ? [i] : []))
    const data = [times, column('max'), column('min'), ...lines.map(({ name }) => column(name))] as uPlot.AlignedData
    if (!this.#plot) this.#plot = new uPlot(this.#options(row, lines), data, this.#box)
    else this.#plot.setData(data)
    this.#plot.root.dataset.corrected = String(corrected.length)
    const gaps = panes.filter((pane) => !pane).length
    this.#note.textContent = [
      `${count(this.#panes.size)} windows of ${everyS} s`,
      corrected.length > 0 && `${count(corrected.length)} corrected by late data (ringed)`,
      gaps > 0 && `${count(gaps)} gaps`,
    ]
      .filter(Boolean)
      .join(' · ')
  }

  #options(row: Row, lines: SeriesHistory['reductions']): uPlot.Options {
    const style = getComputedStyle(document.body)
    const colour = (name: string) => style.getPropertyValue(name).trim()
    const { unit, reduction } = row.head
    const axis = {
      stroke: colour('--dim'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line') },
    }
    const value = (_: uPlot, x: number | null) => (x === null ? '–' : number(x))
    const own = (line: { name: string; unit: string }) => (line.unit === unit && line.name !== 'count' ? 'y' : 'other')
    const edge = { scale: 'y', stroke: 'transparent', width: 0, points: { show: false }, value }
    const colours = COLOURS[document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light']
    let further = 0
    const series = lines.map((line): uPlot.Series => {
      const main = line.name === reduction
      const stroke = main ? colour('--accent') : colours[further++ % colours.length]
      return {
        label: line.unit && line.unit !== unit ? `${line.name} ${line.unit}` : line.name,
        scale: own(line),
        stroke,
        width: main ? 2 : 1.5,
        value,
        points: {
          show: true,
          size: 9,
          width: 2,
          fill: 'transparent',
          stroke: colour('--warn'),
          filter: () => this.#corrected(),
        },
      }
    })
    return {
      ...this.#size(),
      scales: { x: { time: true }, y: {}, other: {} },
      axes: [
        axis,
        {
          ...axis,
          scale: 'y',
          size: 70,
          label: unit || undefined,
          values: (_, splits) => splits.map((x) => number(x)),
        },
        ...(lines.some((line) => own(line) === 'other')
          ? [{ ...axis, scale: 'other', side: 1 as const, size: 60, grid: { show: false } }]
          : []),
      ],
      series: [
        { value: (_, seconds) => (seconds === null ? '–' : new Date(seconds * 1000).toLocaleTimeString('en-GB')) },
        { label: 'max', ...edge },
        { label: 'min', ...edge },
        ...series,
      ],
      bands: [{ series: [1, 2], fill: colour('--band') }],
      cursor: { points: { size: 7 } },
    }
  }

  /** Places of corrected panes in the data as drawn. */
  #corrected(): number[] {
    const times = (this.#plot?.data[0] ?? []) as number[]
    return times.flatMap((timeS, i) => (this.#panes.get(timeS)?.corrected ? [i] : []))
  }

  #size(): { width: number; height: number } {
    const narrow = innerWidth <= 900
    return {
      width: this.#box.clientWidth,
      height: narrow ? Math.max(240, innerHeight - 320) : Math.min(420, innerHeight - 300),
    }
  }
}
