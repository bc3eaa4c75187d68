/** A stretch of the shared memory: addresses in bytes. */
export interface Region {
  readonly start: number
  readonly end: number
}

/** Name → bytes, in the order they are laid out. */
export type RegionSizes<Name extends string> = Record<Name, number>

const WASM_PAGE_BYTES = 65536

/**
 * The one memory and its regions. It is as large from the start as it ever gets, so that views, sockets and workers may
 * keep addresses; pages that nobody touches cost address space only. Each region has one owner, who may change it.
 */
export class Memory<Name extends string> {
  readonly memory: WebAssembly.Memory
  readonly u8: Uint8Array
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly f32: Float32Array
  readonly f64: Float64Array
  readonly view: DataView
  readonly regions: Record<Name, Region>

  /** Throws RangeError when the system has not that much address space. */
  constructor(sizes: RegionSizes<Name>) {
    const regions = {} as Record<Name, Region>
    // Address 0 stays free: it means "none" everywhere.
    let at = 4096
    for (const name of Object.keys(sizes) as Name[]) {
      regions[name] = { start: at, end: at + sizes[name] }
      at = Math.ceil((at + sizes[name]) / 4096) * 4096
    }
    const pages = Math.ceil(at / WASM_PAGE_BYTES)
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    const buffer = this.memory.buffer
    this.u8 = new Uint8Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.i32 = new Int32Array(buffer)
    this.f32 = new Float32Array(buffer)
    this.f64 = new Float64Array(buffer)
    this.view = new DataView(buffer)
    this.regions = regions
  }
}
