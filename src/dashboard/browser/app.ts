import 'uplot/dist/uPlot.min.css'
import './app.css'
import { span } from '../../observe/span.js'
import type { LiveUpdate } from '../wire.js'
import { sinkCard, sourceCard, windowCard } from './cards.js'
import { Chart } from './chart.js'
import { SeriesList } from './list.js'
import { Model } from './model.js'
import { count, h, outside } from './text.js'

const AGAIN_MS = 3000
/** Without an update for so long the connection is called lost, whatever the browser thinks. */
const SILENT_MS = 5000

const at = <E extends HTMLElement>(id: string) => document.querySelector<E>(`#${id}`)!

const model = new Model()
const chart = new Chart(model)
const list = new SeriesList(model, at('rows'), at<HTMLInputElement>('search'), (row) => void chart.open(row))

// ---- light or dark

const dark = matchMedia('(prefers-color-scheme: dark)')
function theme(): void {
  const chosen = localStorage.getItem('theme') ?? (dark.matches ? 'dark' : 'light')
  document.documentElement.dataset.theme = chosen
  at('theme').textContent = chosen === 'dark' ? 'light' : 'dark'
  list.arrange()
  chart.restyle()
}
at('theme').addEventListener('click', () => {
  localStorage.setItem('theme', document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark')
  theme()
})
dark.addEventListener('change', theme)
theme()

// ---- what the gateway says

function draw(): void {
  const { status, nowUs } = model
  if (!status) return
  document.title = `${status.alarms.length > 0 ? `(${status.alarms.length}) ` : ''}weir ${status.gateway}`
  at('gateway').replaceChildren(outside(status.gateway))
  at('facts').textContent =
    `${count(status.series)} series · ${count(status.devices)} devices · up ${span((nowUs - status.startedUs) / 1e6)} · ${status.version}`
  at('alarms').replaceChildren(...status.alarms.map((text) => h('p', { class: 'alarm' }, outside(text))))
  at('sources').replaceChildren(...status.sources.map((source) => sourceCard(model, source)))
  at('sinks').replaceChildren(...status.sinks.map((sink) => sinkCard(model, sink)))
  at('windows').replaceChildren(...status.windows.map((window) => windowCard(window)))
  if (model.rearranged) list.arrange()
  else list.refresh()
  void chart.refresh()
}

function link(text: string, kind: string): void {
  at('link').textContent = text
  at('link').className = kind
}

let heardMs = 0
function connect(): void {
  const events = new EventSource('/live')
  events.onmessage = ({ data }) => {
    heardMs = performance.now()
    link('live', 'good')
    model.apply(JSON.parse(data) as LiveUpdate)
    // A page that nobody sees is drawn when it is seen.
    if (!document.hidden) draw()
  }
  events.onerror = () => {
    link('connection to weir lost, trying again', 'bad')
    // The browser tries again by itself, but not after an answer that was no stream.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN_MS)
  }
}
connect()
setInterval(() => {
  if (heardMs && performance.now() - heardMs > SILENT_MS) link('nothing heard from weir, waiting', 'bad')
}, 1000)
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  model.rearranged = true
  draw()
})

addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement
  if (event.key === '/' && !typing) {
    event.preventDefault()
    at('search').focus()
  } else if (event.key === 'Escape' && typing) {
    at<HTMLInputElement>('search').value = ''
    list.arrange()
    at('rows').focus()
  } else if (event.key === 'ArrowDown' && typing) {
    event.preventDefault()
    at('rows').focus()
  }
})
