import type { ChannelSpec, FrameReason } from '../../src/model/source.js'
import { RecordingReader } from '../../src/recording/reader.js'
import { RecordingWriter } from '../../src/recording/writer.js'

/** One step of a recording as a test writes it. */
export type Step =
  | {
      source?: number
      channel: string | ChannelSpec
      atUs: number
      text: string | Uint8Array
      flags?: number
      id?: number
    }
  | { source?: number; reason: FrameReason; frames: number }
  | { source?: number; lost: number }
  | { missed: number }
  | { stepUs: number }

export interface Written {
  startedUs?: number
  sources?: { name: string; type: string }[]
  endedUs?: number
  /** Frames of a segment; all in one unless given. */
  segmentFrames?: number
  /** Without its end, as when power went. */
  cut?: boolean
}

const T0 = 1_704_067_200_000_000

/** A recording as bytes. */
export function recorded(steps: Iterable<Step>, about: Written = {}): Buffer {
  const {
    startedUs = T0,
    sources = [{ name: 'plant', type: 'mqtt' }],
    segmentFrames = Number.POSITIVE_INFINITY,
  } = about
  const pieces: Buffer[] = []
  const writer = new RecordingWriter({ weir: '0.0.0', gateway: 'test', startedUs, sources }, (bytes) =>
    pieces.push(Buffer.from(bytes)),
  )
  const channels = new Map<string, number>()
  let lastUs = startedUs
  let frames = 0
  for (const step of steps) {
    if ('channel' in step) {
      const { source = 0, atUs, flags = 0, id = 0 } = step
      const spec = typeof step.channel === 'string' ? { name: step.channel, input: 0, tags: {} } : step.channel
      const key = `${source} ${JSON.stringify(spec)}`
      const channel = channels.get(key) ?? writer.channel(source, spec)
      channels.set(key, channel)
      const bytes = Buffer.from(step.text as string)
      writer.frame(channel, atUs, flags, id, bytes, 0, bytes.length)
      lastUs = atUs
      if (++frames % segmentFrames === 0) writer.flush()
    } else if ('reason' in step) writer.counted(step.source ?? 0, step.reason, step.frames)
    else if ('lost' in step) writer.lost(step.source ?? 0, step.lost)
    else if ('missed' in step) writer.missed(step.missed, 10 * step.missed)
    else writer.step(step.stepUs)
  }
  if (about.cut) writer.flush()
  else writer.end(about.endedUs ?? lastUs)
  return Buffer.concat(pieces)
}

/** A reader of bytes in pieces of so many. */
export function readerOf(bytes: Buffer, pieceBytes = 65536): Promise<RecordingReader> {
  return RecordingReader.read('test.rec', pieces(bytes, pieceBytes))
}

async function* pieces(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

/** All records as text, one each. */
export async function recordsOf(reader: RecordingReader): Promise<string[]> {
  const records: string[] = []
  while (await reader.load())
    for (let kind = reader.next(); kind; kind = reader.next()) records.push(recordText(reader, kind))
  return records
}

function recordText(reader: RecordingReader, kind: string): string {
  const { channels, channel, arrivalUs, flags, packetId, bytes, from, to, source, reason, amount } = reader
  switch (kind) {
    case 'frame': {
      const { source, spec } = channels[channel]
      return `${source} ${spec.name} @${arrivalUs} ${flags} ${packetId} ${bytes.toString('latin1', from, to)}`
    }
    case 'counted':
      return `${source} ${reason} ${amount}`
    case 'lost':
      return `${source} lost ${amount}`
    case 'end':
      return `end ${JSON.stringify(reader.end)}`
    default:
      return `${kind} ${amount}`
  }
}
