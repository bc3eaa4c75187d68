import { StringDecoder } from 'node:string_decoder'
import { LinkError } from '../model/errors.js'

/** A longer line is not weir's. */
const LONGEST_LINE = 1 << 22

/** The lines of a body without their ends, as many at a time as come together. Throws a LinkError for one that never ends. */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const bytes of body) {
    const lines = `${rest}${decoder.write(Buffer.from(bytes))}`.split('\n')
    rest = lines.pop()!
    if (rest.length > LONGEST_LINE) throw new LinkError('cannot read the answer: a line without end; is this a weir?')
    if (lines.length > 0) yield lines
  }
}
