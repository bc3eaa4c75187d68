import { once } from 'node:events'
import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { bootId } from '../disk/boot-id.js'
import { NodeDisk } from '../disk/node-disk.js'
import { HEAD_TYPE, SEGMENT_HEAD_BYTES, segmentNumber } from '../disk/record-format.js'
import { findSegments, readSegment, recordsBehind, recordsOf, type SegmentFound } from '../disk/record-segment.js'
import { judge, type Verdict } from '../disk/record-verdict.js'
import { reasonOf, StateError } from '../model/errors.js'
import { alignedLines, countText } from '../observe/text-table.js'
import { visible, visibleJson } from '../observe/visible.js'
import { EXIT } from './exit-codes.js'
import { JournalLines, lineText } from './journal-lines.js'

interface Read {
  path: string
  verdicts: Verdict[]
  head: ReturnType<typeof judge>['head']
  /** One file was asked for: all whole records in it, wherever they are. */
  isFile: boolean
}

const disk = new NodeDisk()
const WRITTEN_AT_ONCE = 2 ** 16

/** `weir journal verify`: whether a journal is whole, and if not what is wrong where; changes nothing. The exit code is 1 for damage. */
export async function verifyJournal(path: string, { json }: { json?: boolean }): Promise<number> {
  const { path: read, verdicts, head } = readJournal(path)
  const shown = verdicts.map(({ found, is, end, offset, why }) => ({
    segment: found.segment,
    file: found.path,
    is,
    records: found.records,
    bytes: found.sizeBytes,
    countingBytes: end,
    ...(why && { offset, why }),
  }))
  const isDamaged = verdicts.some(({ is }) => is === 'damaged')
  const identity = head && { what: head.what, id: head.id, gateway: head.gateway }
  if (json) process.stdout.write(jsonText({ path: read, ...identity, isDamaged, segments: shown }))
  else process.stdout.write(verdictText(read, head, verdicts))
  return isDamaged ? EXIT.failure : EXIT.ok
}

/** `weir journal dump`: its records on stdout, a line each, and a line a frame. */
export async function dumpJournal(path: string, { json }: { json?: boolean }): Promise<number> {
  const { verdicts, isFile } = readJournal(path)
  const lines = new JournalLines()
  let text = ''
  for (const { found, end: limit } of verdicts) {
    if (limit === 0 && !isFile) continue
    const file = disk.open(found.path, 'read')
    try {
      for (const { type, body, end } of isFile ? recordsBehind(file, 0) : recordsOf(file, SEGMENT_HEAD_BYTES, limit)) {
        if (type === HEAD_TYPE) continue
        for (const line of lines.of(found.segment, end, type, body))
          text += `${json ? visibleJson(JSON.stringify(line)) : lineText(line)}\n`
        if (text.length < WRITTEN_AT_ONCE) continue
        if (!process.stdout.write(text)) await once(process.stdout, 'drain')
        text = ''
      }
    } finally {
      file.close()
    }
  }
  process.stdout.write(text)
  for (const verdict of verdicts) if (verdict.why) process.stderr.write(`weir: ${problemText(verdict)}\n`)
  return EXIT.ok
}

const jsonText = (value: object) =>
  JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => `${visibleJson(line)}\n`)
    .join('')

/** Of a directory of segments, one that has such a directory `journal` in it, or one segment. Throws a StateError. */
function readJournal(path: string): Read {
  const wanted = (found: readonly SegmentFound[]) => ({
    what: found.find(({ head }) => head)?.head?.what ?? 'journal',
    gateway: undefined,
    bootId: bootId(),
  })
  const judged = (path: string, found: SegmentFound[], isFile: boolean): Read => {
    const { verdicts, head } = judge(found, wanted(found))
    return { path, verdicts, head, isFile }
  }
  let isFile: boolean
  try {
    isFile = statSync(path).isFile()
  } catch (error) {
    throw new StateError(
      `cannot read "${path}": ${reasonOf(error)}; give a directory with a journal, or a file of one`,
      path,
      0,
    )
  }
  if (isFile) {
    const number = segmentNumber(basename(path))
    const found = readSegment(disk, path, number ?? 0)
    // A file that was set aside has another name.
    if (number === undefined && found.head) found.segment = found.head.segment
    return judged(path, [found], true)
  }
  for (const dir of [path, join(path, 'journal')]) {
    const found = findSegments(disk, dir)
    if (found.length > 0) return judged(dir, found, false)
  }
  throw new StateError(
    `cannot read "${path}": there is no journal; give stateDir (durability: power) or runtimeDir (process), their folder "journal", or a file in it`,
    path,
    0,
  )
}

function verdictText(path: string, head: Read['head'], verdicts: readonly Verdict[]): string {
  const title = head ? `${head.what} ${head.id} of gateway "${head.gateway}"` : 'of nobody knows which journal'
  const rows = verdicts.map(({ found, is, end }) => [
    basename(found.path),
    is,
    `${countText(found.records)} records`,
    end === found.sizeBytes ? `${countText(end)} bytes` : `${countText(end)} of ${countText(found.sizeBytes)} bytes`,
  ])
  const problems = verdicts.filter(({ why }) => why).map(problemText)
  const lines = [`${path}: ${title}`, ...alignedLines(rows, { left: [0, 1] }).map((line) => `  ${line}`), ...problems]
  return lines.map((line) => `${visible(line)}\n`).join('')
}

function problemText({ found, is, offset, why }: Verdict): string {
  const problem = `"${found.path}" is ${is} at byte ${offset}: ${why}`
  // One that was set aside is of no journal any more.
  if (segmentNumber(basename(found.path)) === undefined) return visible(problem)
  const then =
    is === 'torn'
      ? 'nothing rested on it: weir keeps it aside at its next start'
      : 'what follows is lost to weir, which sets it aside at its next start, or does not start (onDamage: refuse)'
  return visible(`${problem}; ${then}`)
}
