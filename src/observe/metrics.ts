import type { Counter, Gauge, Registry } from 'prom-client'
import type { Status } from '../model/status.js'
import { metrics } from './metric-table.js'

/** A page of metrics for Prometheus. */
export interface MetricsPage {
  readonly contentType: string
  /** The page as of `status`; `nowUs` is wall time, µs since the epoch. */
  text(status: Status, nowUs: number): Promise<string>
}

/**
 * Loads prom-client and makes the page. Its default metrics are not taken: they keep a timer and a histogram of the
 * event loop running, and an idle gateway sleeps.
 */
export async function createMetricsPage(): Promise<MetricsPage> {
  const prom = (await import('prom-client')).default
  const registry: Registry = new prom.Registry()
  const instruments = metrics.map((metric) => {
    const { name, help, labels } = metric
    const configuration = { name, help, labelNames: labels, registers: [registry] }
    return {
      metric,
      instrument: metric.kind === 'counter' ? new prom.Counter(configuration) : new prom.Gauge(configuration),
    }
  })
  return {
    contentType: registry.contentType,
    text(status, nowUs) {
      for (const { metric, instrument } of instruments) {
        instrument.reset()
        for (const [labels, value] of metric.values(status, nowUs)) (instrument as Counter | Gauge).inc(labels, value)
      }
      return registry.metrics()
    },
  }
}
