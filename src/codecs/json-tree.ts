import * as tree from '../../assembly/decode/json-layout.js'
import { NONE, SLACK_BYTES } from '../../assembly/layout.js'
import type { Arena } from '../model/codec.js'
import type { Step } from './json-path.js'

/** A path that is wanted, and as what: a declared field or a tag by its index, the time, the message's number. */
export interface Wanted {
  steps: Step[]
  field?: number
  tag?: number
  time?: true
  sequence?: true
  /** Of the arrays; the number of their first sample. */
  rate?: true
  counter?: true
}

interface Node {
  step: Step
  children: Node[]
  field?: number
  tag?: number
  time?: true
  sequence?: true
  rate?: true
  counter?: true
  address: number
}

/** Writes the tree of the wanted paths for assembly/decode/json.ts; returns the address of the codec's own part. */
export function writeTree(
  wanted: Wanted[],
  options: { isOpen: boolean; parse: boolean; arrays: boolean },
  arena: Arena,
): number {
  const root: Node = { step: '', children: [], address: 0 }
  const leaves = wanted.map(({ steps, ...role }) => Object.assign(leafOf(root, steps), role))

  const end = place(root, arena.alloc(count(root) * tree.NODE_BYTES))
  write(root, undefined, arena)
  const own = arena.alloc(tree.JSON_BYTES)
  const set = (offset: number, value: number) => {
    arena.u32[(own + offset) / 4] = value
  }
  const named = leaves.filter(({ field, tag }) => field !== undefined || tag !== undefined)
  const list = arena.alloc(named.length * 4)
  const unique = [...new Set(named)]
  for (const [i, { address }] of unique.entries()) arena.u32[list / 4 + i] = address
  set(tree.JSON_ROOT, root.address)
  set(tree.JSON_NODES_END, end)
  set(tree.JSON_TIME, leaves.find(({ time }) => time)?.address ?? 0)
  set(tree.JSON_SEQUENCE, leaves.find(({ sequence }) => sequence)?.address ?? 0)
  set(tree.JSON_RATE, leaves.find(({ rate }) => rate)?.address ?? 0)
  set(tree.JSON_COUNTER, leaves.find(({ counter }) => counter)?.address ?? 0)
  set(tree.JSON_ARRAYS, options.arrays ? 1 : 0)
  const isQuick = wanted.every((one) => one.field !== undefined || one.time) && !options.arrays && !options.isOpen
  set(tree.JSON_QUICK, isQuick ? 1 : 0)
  set(tree.JSON_OPEN, options.isOpen ? 1 : 0)
  set(tree.JSON_PARSE, options.parse ? 1 : 0)
  set(tree.JSON_SHAPES, arena.alloc(tree.SHAPES_BYTES + SLACK_BYTES))
  set(tree.JSON_WANTED, unique.length)
  set(tree.JSON_WANTED_LIST, list)
  return own
}

function leafOf(root: Node, steps: Step[]): Node {
  let node = root
  for (const step of steps) {
    let child = node.children.find((one) => one.step === step)
    if (!child) node.children.push((child = { step, children: [], address: 0 }))
    node = child
  }
  return node
}

const count = (node: Node): number => node.children.reduce((sum, child) => sum + count(child), 1)

/** Gives every node its place, parents before what is below them; returns the address behind the last. */
function place(node: Node, address: number): number {
  node.address = address
  return node.children.reduce((at, child) => place(child, at), address + tree.NODE_BYTES)
}

function write(node: Node, sibling: Node | undefined, arena: Arena): void {
  const at = node.address
  const set = (offset: number, value: number) => {
    arena.u32[(at + offset) / 4] = value
  }
  if (typeof node.step === 'number') set(tree.NODE_INDEX, node.step)
  else {
    const key = arena.text(node.step)
    set(tree.NODE_KEY, key.address)
    set(tree.NODE_KEY_BYTES, key.bytes)
    writePattern(at, node.step, arena)
  }
  const keys = node.children.filter(({ step }) => typeof step === 'string')
  const elements = node.children
    .filter(({ step }) => typeof step === 'number')
    .sort((a, b) => Number(a.step) - Number(b.step))
  set(tree.NODE_CHILDREN, keys[0]?.address ?? 0)
  set(tree.NODE_FIRST, keys[0]?.address ?? 0)
  set(tree.NODE_ELEMENTS, elements[0]?.address ?? 0)
  set(tree.NODE_SIBLING, sibling?.address ?? 0)
  set(tree.NODE_NEXT, sibling?.address ?? 0)
  set(tree.NODE_FIELD, node.field ?? NONE)
  set(tree.NODE_TAG, node.tag ?? NONE)
  for (const [i, child] of keys.entries()) write(child, keys[i + 1], arena)
  for (const [i, child] of elements.entries()) write(child, elements[i + 1], arena)
  set(tree.NODE_END, at + count(node) * tree.NODE_BYTES)
}

// The key as JSON.stringify writes it; other ways to escape it are told by the decoder's slower way.
function writePattern(at: number, key: string, arena: Arena): void {
  const written = arena.text(JSON.stringify(key).slice(1))
  const patternBytes = Math.min(written.bytes, 16)
  arena.u32[(at + tree.NODE_WRITTEN) / 4] = written.address
  arena.u32[(at + tree.NODE_WRITTEN_BYTES) / 4] = written.bytes - 1
  arena.u8.copyWithin(at + tree.NODE_PATTERN, written.address, written.address + patternBytes)
  arena.u8.fill(0xff, at + tree.NODE_MASK, at + tree.NODE_MASK + patternBytes)
}
