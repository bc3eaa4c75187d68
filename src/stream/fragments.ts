// Parts of a configuration as the words of a program: each returns the very map that YAML would hold.

/** A source as in the section `sources`. */
export interface SourceFragment {
  readonly type: string
  readonly [key: string]: unknown
}

/** A codec as in `decode`. */
export interface CodecFragment {
  readonly type: string
  readonly [key: string]: unknown
}

/** A sink as in the section `sinks`. */
export interface SinkFragment {
  readonly type: string
  readonly [key: string]: unknown
}

/** `time` of a source or topic. */
export type TimeFragment =
  | 'arrival'
  | {
      path: string
      unit: 's' | 'ms' | 'us' | 'ns' | 'iso'
      or?: 'arrival' | 'reject'
      zone?: string
      /** Samples a second of arrays that come with one time, or the path that tells them. */
      rate?: number | string
    }
  | {
      /** Samples are counted, and the sensor's own clock is found from when they arrive. */
      clock: 'samples'
      /** Nominal samples a second. */
      rate: number
      /** Path of the number of a payload's first sample. */
      counter?: string
    }

/** Raw values to true ones: by scale and offset, or by a table of [raw, value]. */
export type CalibrationFragment =
  | { scale?: number; offset?: number; unit?: string }
  | { table: readonly (readonly [number, number])[]; outside?: 'extend' | 'clip'; unit?: string }

/** How payloads are read, and what is done to their samples before windows see them. */
export interface InputOptions {
  time?: TimeFragment
  decode?: CodecFragment
  /** Constants, and `{.path}` for a value of the payload. */
  tags?: Record<string, string | number | boolean>
  /** By field; globs with `*` and `?`, the first match wins. */
  calibrate?: Record<string, CalibrationFragment>
  /** Least and greatest true value, by field. */
  valid?: Record<string, readonly [min: number, max: number]>
  /** The least change that counts, by field; after `every` a sample is kept in any case. */
  deadband?: Record<string, number | { band: number; every?: string }>
  /** Where messages carry their own number, and what it wraps at. */
  sequence?: string | { path: string; modulus?: number }
}

/** Keys of every source; durations are text such as `250ms`. Further keys are those of docs/CONFIG.md. */
export interface SourceOptions extends InputOptions {
  /** Units of fields. */
  unit?: Record<string, string>
  wait?: string
  idle?: string
  ahead?: string
  forget?: string
  maxLatency?: string
  arrivalError?: string
  maxFrameBytes?: string | number
  [key: string]: unknown
}

/** An MQTT broker; named levels such as `{line}` become tags. */
export const mqtt = (
  options: SourceOptions & { url: string; topics: readonly (string | ({ topic: string } & InputOptions))[] },
): SourceFragment => ({ type: 'mqtt', ...options })

/** A serial port. */
export const serial = (options: SourceOptions & { path: string; baud?: number }): SourceFragment => ({
  type: 'serial',
  ...options,
})

/** A file as a source, `-` for stdin. */
export const file = (options: SourceOptions & { path: string }): SourceFragment => ({ type: 'file', ...options })

/** JSON payloads. */
export const json = (options: Record<string, unknown> = {}): CodecFragment => ({ type: 'json', ...options })

/** Lines of values between delimiters. */
export const csv = (options: Record<string, unknown> = {}): CodecFragment => ({ type: 'csv', ...options })

/** InfluxDB's line protocol. */
export const influx = (options: Record<string, unknown> = {}): CodecFragment => ({ type: 'influx', ...options })

/** The payload is one number. */
export const number = (options: Record<string, unknown> = {}): CodecFragment => ({ type: 'number', ...options })

/** A field of `struct`, skipped bytes, or rows of several fields. */
export interface StructField {
  name?: string
  type?: 'u8' | 'i8' | 'u16' | 'i16' | 'u24' | 'i24' | 'u32' | 'i32' | 'u64' | 'i64' | 'f32' | 'f64'
  endian?: 'little' | 'big'
  /** Value = number in the payload × scale + offset. */
  scale?: number
  offset?: number
  /** A byte of the payload, or the field that begins there. */
  at?: number | string
  /** The first bit, 0 being the lowest, and how many. */
  bits?: readonly [from: number, length: number]
  /** Bytes that mean nothing, in place of a field. */
  skip?: number
  /** An array, or with `rows` how many of them. */
  count?: number | 'rest'
  /** Fields that take turns, in place of a field. */
  rows?: readonly StructField[]
}

/** Binary payloads of a fixed layout. */
export const struct = (
  options: { fields: readonly StructField[]; endian?: 'little' | 'big'; crc?: string } & Record<string, unknown>,
): CodecFragment => ({ type: 'struct', ...options })

/** InfluxDB: `database`, or `bucket`, `org` and `token`. */
export const influxdb = (
  options: { url: string; database?: string; bucket?: string; org?: string } & Record<string, unknown>,
): SinkFragment => ({ type: 'influxdb', ...options })

/** A file as a sink, `-` for stdout. */
export const fileSink = (
  options: { path: string; format?: 'line' | 'ndjson' | 'csv' } & Record<string, unknown>,
): SinkFragment => ({ type: 'file', ...options })
