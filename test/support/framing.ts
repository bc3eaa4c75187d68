import type { BadFrame, Framer } from '../../src/framing/framing.js'

/** What a framer found in a stream. */
export interface Found {
  /** Frames as hexadecimal text. */
  frames: string[]
  lost: number
  bad: Record<BadFrame, number>
}

/** What a framer finds in these chunks and then the end of the stream. */
export function found(framer: Framer, chunks: readonly Uint8Array[], end = true): Found {
  const seen: Found = { frames: [], lost: 0, bad: { crc: 0, malformed: 0, long: 0 } }
  const receiver = {
    frame: (bytes: Uint8Array, from: number, to: number) =>
      void seen.frames.push(Buffer.from(bytes.subarray(from, to)).toString('hex')),
    lost(bytes: number, why?: BadFrame) {
      seen.lost += bytes
      if (why) seen.bad[why]++
    },
  }
  for (const chunk of chunks) framer.push(chunk, receiver)
  if (end) framer.end(receiver)
  return seen
}
