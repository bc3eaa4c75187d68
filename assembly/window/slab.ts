// Pages of 4 KiB for panes, groups and slots. Never grows; a page is zero when taken.
import { PAGE_BYTES, SLAB_FREE, SLAB_FREE_PAGES, SLAB_NEXT } from '../layout'

/// Address of the slab's head; pages belong to the one thread that has set it.
export let slab: usize = 0

export function useSlab(address: usize): void {
  slab = address
}

/// A zeroed page, or 0 when the slab is full.
export function takePage(): usize {
  const left = load<u32>(slab, SLAB_FREE_PAGES)
  if (left == 0) return 0
  store<u32>(slab, left - 1, SLAB_FREE_PAGES)
  let page: usize = load<u32>(slab, SLAB_FREE)
  if (page != 0) {
    store<u32>(slab, load<u32>(page), SLAB_FREE)
    memory.fill(page, 0, PAGE_BYTES)
  } else {
    page = load<u32>(slab, SLAB_NEXT)
    store<u32>(slab, <u32>page + PAGE_BYTES, SLAB_NEXT)
  }
  return page
}

export function returnPage(page: usize): void {
  store<u32>(page, load<u32>(slab, SLAB_FREE))
  store<u32>(slab, <u32>page, SLAB_FREE)
  store<u32>(slab, load<u32>(slab, SLAB_FREE_PAGES) + 1, SLAB_FREE_PAGES)
}

/// Sets a bit for each page that was returned, of those from `start` on, in `bits` (a multiple of 32 bytes); all other bits are cleared.
export function markReturned(start: usize, bits: usize): void {
  const pages = (<usize>load<u32>(slab, SLAB_NEXT) - start) / PAGE_BYTES
  memory.fill(bits, 0, ((pages + 255) >> 8) << 5)
  for (let page: usize = load<u32>(slab, SLAB_FREE); page != 0; page = load<u32>(page)) {
    const number = (page - start) / PAGE_BYTES
    const at = bits + (number >> 3)
    store<u8>(at, <u8>(<u32>load<u8>(at) | (<u32>1 << <u32>(number & 7))))
  }
}
