import type { GenericSchema } from 'valibot'
import type { InputPlan, TimePlan, TimeUnit } from './plan.js'

/** Bytes in the shared memory that live as long as the plan: programs, names, tables. */
export interface Arena {
  readonly memory: WebAssembly.Memory
  readonly u8: Uint8Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  /** Zeroed bytes, aligned to 16. Throws when the arena is full. */
  alloc(bytes: number): number
  /** A copy of UTF-8 text with slack behind it. */
  text(text: string): { address: number; bytes: number }
}

/** A declared field as codecs know it. */
export interface FieldSpec {
  /** Name of the series, the start of the point's field name. */
  name: string
  /** Text that stands for a number. */
  map?: Record<string, number>
  /** Strings are read as numbers. */
  parse?: boolean
  /** An array whose elements are samples of their own times. */
  samples?: boolean
}

/** A codec's outcome: what the common program head needs to know of it. */
export interface CompiledCodec {
  /** CODEC_* of assembly/layout. */
  codec: number
  /** Address of the codec's own part, 0 for none. */
  own: number
  /** Declared fields in order; empty = every number of the payload. */
  fields: FieldSpec[]
  /**
   * Makes the layout of a channel and returns its address: from the first line of CSV with a header, or from
   * `ChannelSpec.layout`. Or the reason why it can't.
   */
  layout?(text: string): number | string
  /** Tags that the codec takes by itself, behind those of `CodecInput.tagPaths`. */
  ownTagNames?: string[]
  /** Payloads bring tags under names of their own besides. */
  furtherTags?: boolean
  /** What the counter of samples wraps at; 2^32 where it isn't told. */
  counterModulus?: number
}

/** What a codec must know of the input besides its own options. */
export interface CodecInput {
  /** Path of the time in the payload, if it is there. */
  timePath?: string
  hasRate: boolean
  /** Path of the message's own number, if its place is named. */
  sequencePath?: string
  /** Its unit. */
  timeUnit?: TimeUnit
  /** Path of the arrays' rate, if the payload tells it. */
  ratePath?: string
  /** Samples are timed by counting them. */
  hasClock?: boolean
  /** Path of the number of a payload's first sample. */
  counterPath?: string
  /** Paths of the tags taken from the payload, in order. */
  tagPaths: string[]
}

/** What a codec is told of its input. */
export const codecInput = (
  time: TimePlan,
  payloadTags: Record<string, string>,
  sequence?: InputPlan['sequence'],
): CodecInput => ({
  ...(time.kind === 'path' && { timePath: time.path, timeUnit: time.unit }),
  ...(time.kind === 'path' && time.ratePath !== undefined && { ratePath: time.ratePath }),
  hasRate: time.kind === 'path' && (time.rateHz ?? time.ratePath) !== undefined,
  hasClock: time.kind === 'clock',
  ...(time.kind === 'clock' && time.counterPath !== undefined && { counterPath: time.counterPath }),
  ...(sequence && { sequencePath: sequence.path }),
  tagPaths: Object.values(payloadTags),
})

export interface CodecComponent<Options = never> {
  readonly type: string
  readonly summary: string
  readonly options: Record<string, GenericSchema>
  /** Only a source may choose it: no configuration names it. */
  readonly internal?: true
  /** A problem's text, or all of them, where options and input do not go together (a path syntax error, samples without rate or times). */
  check(options: Options, input: CodecInput): string | readonly string[] | undefined
  compile(options: Options, input: CodecInput, arena: Arena): CompiledCodec
  /** Names of the declared fields; none where the payload or the topic decides. */
  fieldNames(options: Options, input: CodecInput): string[]
}
