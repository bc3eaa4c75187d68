import { readdir, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { portProblem } from './access.js'
import { type Holder, holdersOf } from './holders.js'

/** One serial port of this machine. */
export interface PortInfo {
  /** As the kernel calls it now: `/dev/ttyUSB0`; may be another after the next start. */
  device: string
  /**
   * The name to configure: under `/dev/serial/by-id`, the same wherever it is plugged in; where the device does not say who
   * it is, or another says the same, under `/dev/serial/by-path`, the same as long as it is plugged in there.
   */
  stablePath?: string
  manufacturer?: string
  product?: string
  serialNumber?: string
  /** USB ids, four hexadecimal digits. */
  vendorId?: string
  productId?: string
  /** Why it can't be used, with the remedy. */
  problem?: string
  /** Who has it open, as far as this user may know. */
  heldBy?: Holder[]
}

/** The serial ports of this machine by device name, read from /dev and /sys; needs no udev. */
export async function listPorts(
  roots: { dev: string; sys: string; proc: string } = { dev: '/dev', sys: '/sys', proc: '/proc' },
): Promise<PortInfo[]> {
  const stablePaths = await stablePathsOf(join(roots.dev, 'serial', 'by-path'))
  for (const [device, path] of await stablePathsOf(join(roots.dev, 'serial', 'by-id'))) stablePaths.set(device, path)
  const ports = new Map<string, PortInfo>()
  for (const device of stablePaths.keys()) ports.set(device, { device })
  const ttyFolder = join(roots.sys, 'class', 'tty')
  for (const name of await namesIn(ttyFolder)) {
    // Consoles and pseudo-terminals have no device behind them, and the kernel keeps slots for UARTs that aren't there.
    const hardware = await realpath(join(ttyFolder, name, 'device')).catch(() => undefined)
    if (!hardware || (await textOf(join(ttyFolder, name, 'type'))) === '0') continue
    const device = join(roots.dev, name)
    ports.set(device, { device, ...(await usbFacts(hardware)) })
  }
  for (const port of ports.values()) {
    port.stablePath = stablePaths.get(port.device)
    port.problem = await portProblem(port.device)
  }
  const holders = await holdersOf(new Set(ports.keys()), roots.proc)
  for (const port of ports.values()) port.heldBy = holders.get(port.device)
  return [...ports.values()].sort((a, b) => a.device.localeCompare(b.device, 'en', { numeric: true }))
}

async function stablePathsOf(folder: string): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  for (const name of await namesIn(folder)) {
    const path = join(folder, name)
    const target = await realpath(path).catch(() => undefined)
    if (target) paths.set(target, path)
  }
  return paths
}

/** What the USB device says of itself: it is one of the folders above its tty's. */
async function usbFacts(hardware: string): Promise<Partial<PortInfo>> {
  for (let folder = hardware; basename(folder); folder = dirname(folder)) {
    const vendorId = await textOf(join(folder, 'idVendor'))
    if (!vendorId) continue
    return {
      vendorId,
      productId: await textOf(join(folder, 'idProduct')),
      manufacturer: await textOf(join(folder, 'manufacturer')),
      product: await textOf(join(folder, 'product')),
      serialNumber: await textOf(join(folder, 'serial')),
    }
  }
  return {}
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

async function textOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trim() || undefined
}
