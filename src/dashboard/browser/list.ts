// The list of series: only what is visible is in the document, so that a thousand of them cost what thirty do.

import { span } from '../../observe/span.js'
import type { Sparks } from '../wire.js'
import { deviceName, type Model, type Row } from './model.js'
import { drawSpark } from './spark.js'
import { count, h, number, outside } from './text.js'

/** Rows drawn beyond the edges. */
const BEYOND = 4

interface Drawn {
  element: HTMLElement
  value: HTMLElement
  age: HTMLElement
  canvas: HTMLCanvasElement
}

export class SeriesList {
  #shown: Row[] = []
  readonly #drawn = new Map<number, Drawn>()
  readonly #asked = new Set<number>()
  #active = -1

  constructor(
    private readonly model: Model,
    private readonly box: HTMLElement,
    private readonly search: HTMLInputElement,
    private readonly open: (row: Row) => void,
  ) {
    search.addEventListener('input', () => this.arrange())
    box.addEventListener('keydown', (event) => this.#key(event))
    box.addEventListener('focus', () => this.#activate(Math.max(0, this.#active)))
    addEventListener('scroll', () => this.draw(), { passive: true })
    addEventListener('resize', () => this.#redraw())
  }

  /** Rows that the search finds, in the order of their names. */
  arrange(): void {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const found = [...this.model.rows.values()].filter(({ text }) => words.every((word) => text.includes(word)))
    const key = (row: Row) => `${deviceName(row.head)}\0${row.head.field}\0${row.head.window}`
    const keys = new Map(found.map((row) => [row, key(row)]))
    this.#shown = found.sort((a, b) => keys.get(a)!.localeCompare(keys.get(b)!, 'en', { numeric: true }))
    this.#active = Math.min(this.#active, this.#shown.length - 1)
    document.querySelector('#series-count')!.textContent =
      words.length > 0 ? `${count(found.length)} of ${count(this.model.rows.size)}` : count(this.model.rows.size)
    const none = document.querySelector<HTMLElement>('#none')!
    none.hidden = found.length > 0
    none.textContent = this.model.rows.size > 0 ? 'No series matches.' : 'Waiting for the first window to end.'
    this.#redraw()
  }

  /** Draws what is visible, and asks for the small lines that are not known. */
  draw(): void {
    const height = this.#rowHeight
    const top = this.box.getBoundingClientRect().top
    const first = Math.max(0, Math.floor(-top / height) - BEYOND)
    const last = Math.min(this.#shown.length, Math.ceil((innerHeight - top) / height) + BEYOND)
    const wanted = new Set<number>()
    for (let i = first; i < last; i++) {
      const row = this.#shown[i]
      wanted.add(row.head.id)
      this.#place(row, i, height)
    }
    for (const [id, { element }] of this.#drawn)
      if (!wanted.has(id)) {
        element.remove()
        this.#drawn.delete(id)
      }
    void this.#askSparks(wanted)
  }

  /** New values for the rows that are drawn; ages for all of them. */
  refresh(): void {
    for (const id of this.#drawn.keys()) {
      const row = this.model.rows.get(id)
      if (row) this.#fill(row, this.model.changed.has(id))
    }
  }

  #redraw(): void {
    this.box.style.height = `${this.#shown.length * this.#rowHeight}px`
    for (const { element } of this.#drawn.values()) element.remove()
    this.#drawn.clear()
    this.draw()
  }

  get #rowHeight(): number {
    return matchMedia('(max-width: 900px)').matches ? 64 : 42
  }

  #place(row: Row, i: number, height: number): void {
    const { id, window: name, field } = row.head
    let drawn = this.#drawn.get(id)
    if (!drawn) {
      const value = h('span', { class: 'value' })
      const age = h('span', { class: 'age' })
      const canvas = h('canvas', { class: 'spark', 'aria-hidden': 'true' }) as HTMLCanvasElement
      const tags = row.head.tags.map(([tag, text]) => `${tag}=${text}`).join(' ')
      const element = h(
        'div',
        { class: 'row', role: 'option', id: `row-${id}`, 'aria-selected': String(i === this.#active) },
        h('span', { class: 'device', title: tags }, outside(deviceName(row.head))),
        h('span', { class: 'field' }, outside(field)),
        h('span', { class: 'window dim' }, outside(`${name} · ${row.head.reduction}`)),
        value,
        h('span', { class: 'spark' }, canvas),
        age,
      )
      element.addEventListener('click', () => {
        this.#activate(this.#shown.indexOf(row))
        this.open(row)
      })
      drawn = { element, value, age, canvas }
      this.#drawn.set(id, drawn)
      this.box.append(element)
      this.#fill(row, true)
    }
    drawn.element.style.top = `${i * height}px`
  }

  #fill(row: Row, changed: boolean): void {
    const drawn = this.#drawn.get(row.head.id)!
    const { everyS, unit } = row.head
    const ageS = this.model.nowUs / 1e6 - row.timeS - everyS
    const stale = ageS > 3 * everyS + 5
    drawn.element.classList.toggle('stale', stale)
    drawn.age.textContent = stale ? `${span(ageS)} ago` : row.corrected ? 'corrected' : ''
    if (!changed) return
    drawn.value.replaceChildren(
      row.value === null ? '–' : number(row.value),
      unit && ' ',
      unit && h('span', {}, outside(unit)),
    )
    drawSpark(drawn.canvas, row, getComputedStyle(document.body).getPropertyValue(stale ? '--dim' : '--accent'))
  }

  async #askSparks(wanted: Set<number>): Promise<void> {
    const ids = [...wanted].filter((id) => !this.model.rows.get(id)?.spark && !this.#asked.has(id)).slice(0, 100)
    if (ids.length === 0) return
    for (const id of ids) this.#asked.add(id)
    try {
      const response = await fetch(`/sparks?ids=${ids.join(',')}`)
      this.model.take((await response.json()) as Sparks)
      for (const id of ids) {
        const row = this.model.rows.get(id)
        if (row && this.#drawn.has(id)) this.#fill(row, true)
      }
    } catch {
      // The stream says when the connection is gone.
    } finally {
      for (const id of ids) this.#asked.delete(id)
    }
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key]
    if (step !== undefined) this.#activate(this.#active + step)
    else if (event.key === 'Enter' && this.#shown[this.#active]) this.open(this.#shown[this.#active])
    else return
    event.preventDefault()
  }

  #activate(index: number): void {
    if (this.#shown.length === 0) return
    const before = this.#drawn.get(this.#shown[this.#active]?.head.id)
    before?.element.setAttribute('aria-selected', 'false')
    this.#active = Math.min(this.#shown.length - 1, Math.max(0, index))
    const height = this.#rowHeight
    const top = this.box.getBoundingClientRect().top + this.#active * height
    const header = document.querySelector('header')!.offsetHeight
    if (top < header) scrollBy(0, top - header)
    else if (top + height > innerHeight) scrollBy(0, top + height - innerHeight)
    this.draw()
    const { id } = this.#shown[this.#active].head
    this.#drawn.get(id)?.element.setAttribute('aria-selected', 'true')
    this.box.setAttribute('aria-activedescendant', `row-${id}`)
  }
}
