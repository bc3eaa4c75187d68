// Writes docs/CONFIG.md, docs/config.schema.json and docs/reductions.md from schemas and registries, docs/kernels.svg and
// docs/pipeline.svg from the JSON beside them: node build/test/support/write-docs.js
import { readFileSync, writeFileSync } from 'node:fs'
import { components } from '../../src/components.js'
import { configDoc } from '../../src/config/docs.js'
import { jsonSchema } from '../../src/config/json-schema.js'
import { reductionsDoc } from '../../src/config/reductions-doc.js'
import { kernelsChart, pipelineChart } from './chart.js'

const docs = new URL('../../../docs/', import.meta.url)

/** What the committed files must hold. */
export const GENERATED: readonly [file: URL, text: string][] = [
  [new URL('CONFIG.md', docs), configDoc(components)],
  [new URL('reductions.md', docs), reductionsDoc(components.kernels, components.states)],
  [new URL('kernels.svg', docs), kernelsChart(JSON.parse(readFileSync(new URL('kernels.json', docs), 'utf8')))],
  [new URL('pipeline.svg', docs), pipelineChart(JSON.parse(readFileSync(new URL('pipeline.json', docs), 'utf8')))],
  [new URL('config.schema.json', docs), `${JSON.stringify(jsonSchema(components), undefined, 2)}\n`],
]

if (process.argv[1] === import.meta.filename) for (const [file, text] of GENERATED) writeFileSync(file, text)
