import { bug } from '../model/errors.js'
import type { WireCounts } from '../model/ledger.js'
import { sourceKey } from '../model/plan.js'
import type { FrameReason } from '../model/source.js'
import {
  type ChannelRecord,
  type ConnectionRecord,
  type CountsRecord,
  FRAMES_HEAD_BYTES,
  type MarkRecord,
  type NextPlan,
  RECORD,
} from './journal-records.js'
import type { Line } from './line.js'

/**
 * Does again what the journal tells, behind the state that the line has taken up; `turn` gives the line that goes on where
 * another configuration was loaded. Returns how many bytes of frames there were.
 */
export async function replay(
  line: Line,
  records: Iterable<{ type: number; body: Uint8Array }>,
  turn: (mark: MarkRecord, next: NextPlan) => Promise<Line>,
): Promise<number> {
  let frameBytes = 0
  for (const { type, body } of records) {
    const { intakes, engine, identities, plan } = line
    switch (type) {
      case RECORD.frames: {
        const source = new DataView(body.buffer, body.byteOffset).getUint32(0, true)
        frameBytes += body.length - FRAMES_HEAD_BYTES
        await intakes[source].takeAgain(body.subarray(FRAMES_HEAD_BYTES))
        break
      }
      case RECORD.mark: {
        const mark = read<MarkRecord>(body)
        if (mark.next) line = await turn(mark, mark.next)
        else await engine.replay(mark)
        break
      }
      case RECORD.channel: {
        const { source, number, spec } = read<ChannelRecord>(body)
        // One that was made between the mark and the checkpoint is known already.
        if (identities.hasChannel(number)) break
        const index = plan.sources.findIndex((one) => sourceKey(one) === source)
        if (intakes[index]?.channelAgain(spec, number) !== number)
          bug(`there is no room for channel ${spec.name}, as there was`)
        break
      }
      case RECORD.counts: {
        const { source, frames, lostBytes, wire } = read<CountsRecord>(body)
        const intake = intakes[source]
        for (const [reason, n] of Object.entries(frames)) intake.count(reason as FrameReason, n)
        for (const [what, n] of Object.entries(wire)) intake.wire(what as keyof WireCounts, n)
        if (lostBytes > 0) intake.lostBytes(lostBytes)
        break
      }
      case RECORD.connection: {
        const { source, number, resumed } = read<ConnectionRecord>(body)
        intakes[source].connection = number - 1
        intakes[source].session(resumed)
        break
      }
    }
  }
  for (const intake of line.intakes) intake.flush()
  return frameBytes
}

const read = <T>(body: Uint8Array): T => JSON.parse(Buffer.from(body).toString())
