import type { RecordingReader } from './reader.js'
import type { RecordingFile } from './recording-file.js'
import { RecordingWriter } from './writer.js'

/** What is in a file so far. */
export interface Copied {
  frames: number
  /** Before compression. */
  bytes: number
  /** Frames that were not recorded since whoever recorded was too slow. */
  missed: number
}

export interface CopyOptions {
  /** Ends after so many frames. */
  frames?: number
  /** µs since the epoch at which the copy ends, where the recording itself does not say. */
  endedUs(): number
  onProgress?(copied: Copied): void
}

/**
 * Copies a recording, as it comes, into a file and ends it in order, also when it breaks off. Checks all of it on the way.
 * Rejects with a RecordingError when it breaks off or the file can't be written.
 */
export async function copyRecording(
  reader: RecordingReader,
  file: RecordingFile,
  { frames = Number.POSITIVE_INFINITY, endedUs, onProgress }: CopyOptions,
): Promise<Copied> {
  const writer = new RecordingWriter(reader.header, (bytes) => file.write(bytes))
  const copied = (): Copied => ({ frames: writer.frames, bytes: file.bytes, missed: writer.missedFrames })
  try {
    while (writer.frames < frames && (await reader.load())) {
      copyLoaded(reader, writer, frames)
      writer.flush()
      onProgress?.(copied())
      await file.room()
    }
  } finally {
    const enough = writer.frames >= frames
    writer.end(enough ? reader.arrivalUs : Math.max(reader.end?.endedUs ?? endedUs(), reader.arrivalUs))
    await reader.close()
    await file.close()
  }
  return copied()
}

function copyLoaded(reader: RecordingReader, writer: RecordingWriter, frames: number): void {
  for (let kind = reader.next(); kind; kind = reader.next()) {
    const { channels, source, reason, amount } = reader
    if (kind === 'frame') {
      // Channels keep their numbers.
      while (writer.channels <= reader.channel) {
        const { source, spec } = channels[writer.channels]
        writer.channel(source, spec)
      }
      writer.frame(
        reader.channel,
        reader.arrivalUs,
        reader.flags,
        reader.packetId,
        reader.bytes,
        reader.from,
        reader.to,
      )
      if (writer.frames >= frames) return
    } else if (kind === 'counted') writer.counted(source, reason, amount)
    else if (kind === 'lost') writer.lost(source, amount)
    else if (kind === 'missed') writer.missed(amount, reader.amountBytes)
    else if (kind === 'step') writer.step(amount)
  }
}
