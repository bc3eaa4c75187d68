import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the demo's points go. */
export type DemoSink = { kind: 'file'; path: string } | { kind: 'influx'; url: string; database: string }

/** The configuration files of the demo, to be merged. They are shipped as they stand in the source. */
export function demoFiles(kind: DemoSink['kind']): string[] {
  return ['weir.yaml', `to-${kind}.yaml`].map((name) =>
    fileURLToPath(new URL(`../../../src/demo/${name}`, import.meta.url)),
  )
}

/** What the placeholders of those files stand for. */
export function demoEnvironment(brokerUrl: string, serialPath: string, sink: DemoSink): Record<string, string> {
  const settings: Record<string, string> =
    sink.kind === 'file'
      ? { WEIR_DEMO_FILE: sink.path }
      : { WEIR_DEMO_INFLUX: sink.url, WEIR_DEMO_DATABASE: sink.database }
  return { WEIR_DEMO_BROKER: brokerUrl, WEIR_DEMO_PORT: serialPath, ...settings }
}

/** The demo's configuration as one file, to start one's own from. */
export function demoConfigText(kind: DemoSink['kind']): string {
  return demoFiles(kind)
    .map((file) => readFileSync(file, 'utf8'))
    .join('')
}
