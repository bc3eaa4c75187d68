// Blocks of rows → the view: one piece in time order, with its runs.
import { ROWS_DUPLICATE, ROWS_HEAD, ROWS_LATE, WINDOW_MAX_ROWS, WINDOW_VIEW } from '../layout'
import { BLOCK_DATA, BLOCK_NEXT, BLOCK_RATE, BLOCK_ROWS, timeOf } from './store'
import { ownRows, setCounts, setRows, setRuns, VIEW_RUN_BYTES, VIEW_RUN_FIRST, VIEW_RUN_RATE, VIEW_RUN_ROWS } from './view'

/// Puts the rows of a slot into view; 0 = no slot, no rows. A run goes on from block to block where no step is missing.
export function gather(window: usize, slot: usize): void {
  const room: usize = load<u32>(window, WINDOW_MAX_ROWS)
  const times: usize = ownRows != 0 ? ownRows : load<u32>(window, WINDOW_VIEW)
  const values = times + (room << 3)
  const runs = values + (room << 3)
  let run: usize = runs - VIEW_RUN_BYTES
  let rate: f64 = 0
  let expected: f64 = 0
  let n: u32 = 0
  let block: usize = slot == 0 ? 0 : load<u32>(slot, ROWS_HEAD)
  for (; block != 0; block = load<u32>(block, BLOCK_NEXT)) {
    const rows = load<u32>(block, BLOCK_ROWS)
    const own = load<f64>(block, BLOCK_RATE)
    const at = <usize>n << 3
    if (own == 0) {
      for (let i: u32 = 0; i < rows; i++) {
        const from = block + BLOCK_DATA + (<usize>i << 4)
        store<f64>(times + at + (<usize>i << 3), load<f64>(from))
        store<f64>(values + at + (<usize>i << 3), load<f64>(from, 8))
      }
    } else {
      for (let i: u32 = 0; i < rows; i++) store<f64>(times + at + (<usize>i << 3), timeOf(block, i))
      memory.copy(values + at, block + BLOCK_DATA, <usize>rows << 3)
      if (own != rate || Math.abs(timeOf(block, 0) - expected) * own > 5e5) {
        run += VIEW_RUN_BYTES
        store<u32>(run, n, VIEW_RUN_FIRST)
        store<u32>(run, 0, VIEW_RUN_ROWS)
        store<f64>(run, own, VIEW_RUN_RATE)
      }
      store<u32>(run, load<u32>(run, VIEW_RUN_ROWS) + rows, VIEW_RUN_ROWS)
      expected = timeOf(block, rows)
    }
    rate = own
    n += rows
  }
  setRows(n, times, values)
  setRuns(runs, <u32>((run + VIEW_RUN_BYTES - runs) / VIEW_RUN_BYTES))
  setCounts(slot == 0 ? 0 : <f64>load<u32>(slot, ROWS_LATE), slot == 0 ? 0 : <f64>load<u32>(slot, ROWS_DUPLICATE))
}
