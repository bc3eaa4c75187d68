import * as v from 'valibot'
import type { SinkComponent } from '../../src/model/sink.js'

/** Options as the configuration would parse them, defaults in place. */
export function parse<Options>(component: SinkComponent<Options>, input: object): Options {
  return v.parse(v.strictObject(component.options), input) as Options
}
