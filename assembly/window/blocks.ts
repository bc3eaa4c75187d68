// Blocks smaller than a page, for what grows by itself: sketches and rows. A page is cut into blocks of one size; once
// the last of them is back, so is the page. Sizes: BLOCK_SMALL, BLOCK_MEDIUM, and BLOCK_LARGE, which is a whole page.
import { PAGE_BYTES, SLAB_MEDIUM, SLAB_SMALL } from '../layout'
import { returnPage, slab, takePage } from './slab'

export const BLOCK_SMALL: u32 = 248
export const BLOCK_MEDIUM: u32 = 1008
export const BLOCK_LARGE: u32 = 4096

// Head of a page that was cut; the list links pages with free blocks.
const NEXT: usize = 0
const BEFORE: usize = 4
const FREE: usize = 8 // u32: a bit for each free block
const FIRST: usize = 64

@inline function listOf(bytes: u32): usize {
  return slab + (bytes == BLOCK_SMALL ? SLAB_SMALL : SLAB_MEDIUM)
}

/// A zeroed block of BLOCK_SMALL, BLOCK_MEDIUM or BLOCK_LARGE bytes, 8-aligned; 0 when the slab is full.
export function takeBlock(bytes: u32): usize {
  if (bytes == BLOCK_LARGE) return takePage()
  const list = listOf(bytes)
  let page: usize = load<u32>(list)
  if (page == 0) {
    page = takePage()
    if (page == 0) return 0
    store<u32>(page, (1 << ((PAGE_BYTES - <u32>FIRST) / bytes)) - 1, FREE)
    store<u32>(list, <u32>page)
  }
  const free = load<u32>(page, FREE)
  const left = free & (free - 1)
  store<u32>(page, left, FREE)
  if (left == 0) unlink(list, page)
  const block = page + FIRST + <usize>(<u32>ctz(free) * bytes)
  memory.fill(block, 0, bytes)
  return block
}

/// Gives a block back; `bytes` as it was taken with.
export function returnBlock(block: usize, bytes: u32): void {
  if (bytes == BLOCK_LARGE) return returnPage(block)
  const page = block & ~(<usize>PAGE_BYTES - 1)
  const list = listOf(bytes)
  const before = load<u32>(page, FREE)
  const free = before | (1 << ((<u32>(block - page - FIRST)) / bytes))
  store<u32>(page, free, FREE)
  if (before == 0) link(list, page)
  if (free != (1 << ((PAGE_BYTES - <u32>FIRST) / bytes)) - 1) return
  unlink(list, page)
  returnPage(page)
}

function link(list: usize, page: usize): void {
  const next = load<u32>(list)
  store<u32>(page, next, NEXT)
  store<u32>(page, 0, BEFORE)
  if (next != 0) store<u32>(next, <u32>page, BEFORE)
  store<u32>(list, <u32>page)
}

function unlink(list: usize, page: usize): void {
  const next = load<u32>(page, NEXT)
  const before = load<u32>(page, BEFORE)
  if (before != 0) store<u32>(before, next, NEXT)
  else store<u32>(list, next)
  if (next != 0) store<u32>(next, before, BEFORE)
  store<u32>(page, 0, NEXT)
  store<u32>(page, 0, BEFORE)
}
