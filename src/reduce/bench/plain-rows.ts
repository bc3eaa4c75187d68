/** Rows of many series as plain JavaScript takes them: which series, value and time of each, and 8 doubles a series. */
export interface Rows {
  ids: Uint32Array
  values: Float64Array
  times: Float64Array
  places: Float64Array
}

/** Edges that the benchmark of rows of many series gives a histogram. */
export const HISTOGRAM_EDGES: readonly number[] = [19, 20, 21]

/** What a state gathers, by its name, compensating nothing; a loop each, so that each is compiled for itself. */
export const plainRows: Readonly<Record<string, (rows: Rows) => void>> = {
  moments({ ids, values, places }) {
    for (let i = 0; i < ids.length; i++) {
      const value = values[i]!
      const at = ids[i]! * 8
      if (places[at] === 0 || value < places[at + 3]!) places[at + 3] = value
      if (places[at] === 0 || value > places[at + 4]!) places[at + 4] = value
      places[at]!++
      places[at + 1]! += value
      places[at + 2]! += value * value
    }
  },
  tails({ ids, values, places }) {
    for (let i = 0; i < ids.length; i++) {
      const at = ids[i]! * 8
      if (places[at] === 0) places[at + 1] = values[i]!
      const d = values[i]! - places[at + 1]!
      const square = d * d
      places[at]!++
      places[at + 2]! += d
      places[at + 3]! += square
      places[at + 4]! += square * d
      places[at + 5]! += square * square
    }
  },
  ends({ ids, values, times, places }) {
    for (let i = 0; i < ids.length; i++) {
      const at = ids[i]! * 8
      const time = times[i]!
      if (places[at] === 0 || time < places[at + 1]!) {
        places[at + 1] = time
        places[at + 2] = values[i]!
      }
      if (places[at] === 0 || time >= places[at + 3]!) {
        places[at + 3] = time
        places[at + 4] = values[i]!
      }
      places[at]!++
    }
  },
  trend({ ids, values, times, places }) {
    for (let i = 0; i < ids.length; i++) {
      const at = ids[i]! * 8
      if (places[at] === 0) {
        places[at + 1] = times[i]!
        places[at + 2] = values[i]!
      }
      const u = times[i]! - places[at + 1]!
      const d = values[i]! - places[at + 2]!
      places[at]!++
      places[at + 3]! += u
      places[at + 4]! += d
      places[at + 5]! += u * u
      places[at + 6]! += u * d
    }
  },
  circle({ ids, values, places }) {
    for (let i = 0; i < ids.length; i++) {
      const at = ids[i]! * 8
      const radians = values[i]! * (Math.PI / 180)
      places[at]!++
      places[at + 1]! += Math.sin(radians)
      places[at + 2]! += Math.cos(radians)
    }
  },
  histogram({ ids, values, places }) {
    for (let i = 0; i < ids.length; i++) {
      let bin = 0
      while (bin < HISTOGRAM_EDGES.length && values[i]! >= HISTOGRAM_EDGES[bin]!) bin++
      places[ids[i]! * 8 + bin]!++
    }
  },
}
