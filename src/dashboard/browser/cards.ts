// Sources, sinks and windows: what comes in, goes out, and is in between.
import type { SinkStatus, SourceStatus, WindowStatus } from '../../model/status.js'
import { span } from '../../observe/span.js'
import type { Model } from './model.js'
import { clockTime, count, h, number, outside } from './text.js'

/** A ledger in words: the whole and its parts that are not zero, and whether they add up. */
function ledger(what: string, whole: string, parts: object): HTMLElement {
  const { [whole]: total, ...rest } = parts as Record<string, number>
  const sum = Object.values(rest).reduce((a, b) => a + b, 0)
  const told = Object.entries(rest)
    .filter(([, n]) => n !== 0)
    .map(([name, n]) => `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${count(n)}`)
  return h(
    'p',
    { class: 'ledger' },
    `${what} ${count(total)} = ${told.join(' + ') || '0'} `,
    sum === total ? h('span', { class: 'good' }, '✓') : h('span', { class: 'bad' }, 'does not balance'),
  )
}

const fact = (name: string, ...value: (Node | string)[]) => h('span', {}, `${name} `, h('b', {}, ...value))

function state(name: string, sinceUs: number, nowUs: number, detail?: string): HTMLElement {
  const kind = name === 'up' ? 'good' : name === 'down' ? 'bad' : 'dim'
  return h(
    'p',
    { class: `state ${kind}` },
    `${name} for ${span((nowUs - sinceUs) / 1e6)}, since ${clockTime(sinceUs)}`,
    detail ? ' · ' : '',
    detail ? outside(detail) : '',
  )
}

const perSecond = (rate: number | undefined) => (rate === undefined ? '–' : number(Number(rate.toPrecision(3))))

export function sourceCard(model: Model, source: SourceStatus): HTMLElement {
  const before = model.before?.sources.find(({ name }) => name === source.name)
  const { nowUs } = model
  const frames = model.rate(source.frames.in, before?.frames.in)
  const samples = model.rate(source.samples.decoded, before?.samples.decoded)
  const wire = Object.entries(source.wire).filter(([, n]) => n > 0)
  return h(
    'div',
    { class: 'card', 'data-source': source.name },
    h('h3', {}, outside(source.name)),
    h('span', { class: 'dim' }, source.type),
    state(source.link.state, source.link.sinceUs, nowUs, source.link.detail),
    h(
      'p',
      { class: 'facts' },
      fact('', `${perSecond(frames)} frames/s`),
      fact('', `${perSecond(samples)} samples/s`),
      source.watermarkUs !== null && fact('lag', span((nowUs - source.watermarkUs) / 1e6)),
      source.skewMs !== null && fact('skew', `${count(source.skewMs)} ms`),
      source.lostBytes > 0 && fact('lost', `${count(source.lostBytes)} bytes`),
    ),
    ledger('frames', 'in', source.frames),
    ledger('samples', 'decoded', source.samples),
    wire.length > 0 &&
      h('p', { class: 'ledger warn' }, `wire: ${wire.map(([name, n]) => `${name} ${count(n)}`).join(', ')}`),
    ...streams(source.details).map((text) => h('p', { class: 'ledger' }, outside(text))),
  )
}

/** What devices of a bridge say of their streams. */
function streams(details: Record<string, unknown>): string[] {
  const { streams } = details
  if (!Array.isArray(streams)) return []
  return streams.slice(0, 8).map((stream) => {
    const { name, rateHz, frames, missing, resets, driftPpm } = stream as Record<string, number | string | null>
    const rate = typeof rateHz === 'number' ? `${number(rateHz)} Hz, ` : ''
    const drift = typeof driftPpm === 'number' ? `, its clock ${number(driftPpm)} ppm fast` : ''
    return `stream ${name}: ${rate}${count(Number(frames))} frames, ${missing} missing, ${resets} resets${drift}`
  })
}

export function sinkCard(model: Model, sink: SinkStatus): HTMLElement {
  const before = model.before?.sinks.find(({ name }) => name === sink.name)
  const rate = model.rate(sink.points.delivered, before?.points.delivered)
  const { spooled, delivered, refused, givenUp } = sink.points
  return h(
    'div',
    { class: 'card', 'data-sink': sink.name },
    h('h3', {}, outside(sink.name)),
    h('span', { class: 'dim' }, sink.type),
    state(sink.state, sink.sinceUs, model.nowUs, sink.detail),
    h(
      'p',
      { class: 'facts' },
      fact('', `${perSecond(rate)} points/s`),
      fact('delivered', count(delivered)),
      fact('spooled', count(spooled)),
      refused > 0 && h('span', { class: 'bad' }, `refused ${count(refused)}`),
      givenUp > 0 && h('span', { class: 'bad' }, `given up ${count(givenUp)}`),
    ),
    ledger('points', 'emitted', sink.points),
  )
}

export function windowCard(window: WindowStatus): HTMLElement {
  const { lines, corrections, late, rejected, lost, openPanes } = window
  return h(
    'div',
    { class: 'card' },
    h('h3', {}, outside(window.name)),
    h(
      'p',
      { class: 'facts' },
      fact('points', count(lines)),
      fact('corrected', count(corrections)),
      fact('open', count(openPanes)),
      late > 0 && fact('late', count(late)),
      rejected > 0 && h('span', { class: 'bad' }, `rejected ${count(rejected)}`),
      lost > 0 && fact('lost at start', count(lost)),
    ),
  )
}
