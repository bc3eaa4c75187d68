import type { SourceContext, SourceOutput } from '../../model/source.js'
import { Bridge, type BridgePort } from './bridge.js'

/** What becomes of a port's frames. */
export interface Messages {
  /** A burst of so many bytes arrived, after they were waited for; its frames follow. */
  arrived?(arrivalUs: number, bytes: number, waitedMs: number): void
  /** Takes one frame, or counts it. False: there was no room, and it is gone. */
  take(bytes: Uint8Array, start: number, end: number): boolean
  /** Facts for /status. */
  status?(): Record<string, unknown>
}

/** Frames that the configuration reads go on as they are, all in one channel; those of a protocol go through it. */
export function messagesOf(
  protocol: string | undefined,
  { path, byteUs }: Pick<BridgePort, 'path' | 'byteUs'>,
  { inputs, maxFrameBytes }: SourceContext,
  out: SourceOutput,
): Messages {
  const tags = inputs[0].constantTags
  if (protocol) return PROTOCOLS[protocol](out, { path, byteUs, tags, maxFrameBytes })
  const channel = out.channel({ name: path, input: 0, tags })
  return { take: (bytes, start, end) => channel >= 0 && out.frame(channel, bytes, start, end, 0, 0) }
}

/** By the codec that reads what they hand on. */
const PROTOCOLS: Record<string, (out: SourceOutput, port: BridgePort) => Messages> = {
  bridge: (out, port) => new Bridge(out, port),
}
