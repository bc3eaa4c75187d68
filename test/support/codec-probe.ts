import {
  CHANNEL_BYTES,
  CHANNEL_LAYOUT,
  FIELD_BYTES,
  FIELD_MAP,
  FIELD_MAP_LENGTH,
  MAP_BYTES,
  MAP_TEXT,
  MAP_TEXT_BYTES,
  MAP_VALUE,
  PROGRAM_BYTES,
  PROGRAM_FIELD_LIST,
  PROGRAM_OWN,
  PROGRAM_TIME_UNIT,
} from '../../assembly/layout.js'
import { writeConstants } from '../../src/memory/constants.js'
import type { CodecComponent, CodecInput, CompiledCodec } from '../../src/model/codec.js'
import { compileProbe, testArena } from './probe.js'

const WORDS = ['', 'sample', 'named', 'invalid', 'filtered', 'tag', 'time', 'badTime', 'endRow', 'sequence']

/** What a codec said of a row, and `undecodable` with its WHY_* where it could not be read. */
export type Said = [word: string, of: number | string, value?: number | string][]

/** The codecs in a memory of their own, with what they say written down in place of columns. */
export async function codecProbe(pages = 64) {
  const arena = testArena(pages)
  const probe = await compileProbe('codecs', arena.memory, { 'assembly/decode/output.ts': 'assembly/probe/output.ts' })
  probe.setConstants(writeConstants(arena))
  const program = arena.alloc(PROGRAM_BYTES)
  const channel = arena.alloc(CHANNEL_BYTES)
  const scratch = arena.alloc(4096)
  const log = arena.alloc(65536)
  const text = arena.alloc(262144)
  probe.openProbe(program, channel, scratch, scratch + 4096, log)
  let compiled: CompiledCodec

  return {
    arena,
    probe,
    text,
    /** Compiles the program that all further reading uses. */
    use<Options>(codec: CodecComponent<Options>, options: Options, input: CodecInput, timeUnit = 0): CompiledCodec {
      compiled = codec.compile(options, input, arena)
      const list = arena.alloc(compiled.fields.length * FIELD_BYTES)
      compiled.fields.forEach((field, i) => {
        const map = Object.entries(field.map ?? {})
        const records = arena.alloc(map.length * MAP_BYTES)
        map.forEach(([name, value], k) => {
          const written = arena.text(name)
          arena.u32[(records + k * MAP_BYTES + MAP_TEXT) / 4] = written.address
          arena.u32[(records + k * MAP_BYTES + MAP_TEXT_BYTES) / 4] = written.bytes
          arena.f64[(records + k * MAP_BYTES + MAP_VALUE) / 8] = value
        })
        arena.u32[(list + i * FIELD_BYTES + FIELD_MAP) / 4] = records
        arena.u32[(list + i * FIELD_BYTES + FIELD_MAP_LENGTH) / 4] = map.length
      })
      arena.u32[(program + PROGRAM_FIELD_LIST) / 4] = list
      arena.u32[(program + PROGRAM_OWN) / 4] = compiled.own
      arena.u32[(program + PROGRAM_TIME_UNIT) / 4] = timeUnit
      arena.u32[(channel + CHANNEL_LAYOUT) / 4] = 0
      return compiled
    },
    setLayout(address: number): void {
      arena.u32[(channel + CHANNEL_LAYOUT) / 4] = address
    },
    /** Calls an entry on a payload, behind which lies `guard`. */
    read(
      entry: 'csvLine' | 'numberPayload' | 'csvNeedsHeader',
      payload: string | Uint8Array,
      guard = ',5'.repeat(40),
    ): Said {
      const bytes = Buffer.from(payload as string)
      arena.u8.set(bytes, text)
      arena.u8.set(Buffer.from(guard), text + bytes.length)
      probe.clearProbe()
      const outcome = probe[entry](text, text + bytes.length)
      if (entry === 'csvNeedsHeader') return [['needs', outcome]]
      if (outcome) return [['undecodable', outcome]]
      const said: Said = []
      for (let i = 0; i < probe.probeWords() - 1; i++) {
        const at = log + i * 32
        const [word, index, address, length] = arena.u32.subarray(at / 4, at / 4 + 4)
        const string = Buffer.from(arena.u8.slice(address, address + length)).toString()
        const value = arena.f64[at / 8 + 2]
        const name = WORDS[word]
        if (name === 'named') said.push([name, string, value])
        else if (name === 'tag') said.push([name, index, string])
        else if (name === 'sample') said.push([name, index, value])
        else if (name === 'time' || name === 'sequence') said.push([name, value])
        else said.push([name, index])
      }
      return said
    },
  }
}
