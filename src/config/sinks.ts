import * as v from 'valibot'
import type { Components } from '../model/components.js'
import type { SinkPlan } from '../model/plan.js'
import type { Findings } from './findings.js'
import { sinkEntries } from './sink-schema.js'

/** The section `sinks` as plans; what is wrong is noted and left out. */
export function readSinks(raw: unknown, needed: boolean, components: Components, findings: Findings): SinkPlan[] {
  return findings.section(raw, 'sinks', 'a sink', needed).flatMap(([name, given]) => {
    const path = ['sinks', name]
    const component = findings.component(given, components.sinks, path)
    if (!component) return []
    const { type, ...own } = given
    const read = findings.read(v.strictObject({ ...component.options, ...sinkEntries }), own, path, { place: 'sink' })
    if (!read) return findings.unread(path) ? [{ name, type: component.type, options: {} }] : []
    const { spool, ...options } = read as { spool: { maxBytes: number; maxAge: number; minFree: number } }
    const why = component.check?.(options as never)
    if (why && !findings.unread(path)) findings.add(path, why)
    const { maxBytes, maxAge: maxAgeUs, minFree } = spool
    return [{ name, type: component.type, options, spool: { maxBytes, maxAgeUs, minFree } }]
  })
}
