import { alignedLines } from '../observe/text-table.js'
import { visible } from '../observe/visible.js'
import { holdersText } from '../sources/serial/holders.js'
import { listPorts, type PortInfo } from '../sources/serial/ports.js'
import { EXIT } from './exit-codes.js'

/** `weir ports`: the serial ports of this machine. */
export async function ports({ json }: { json?: boolean }): Promise<number> {
  const found = await listPorts()
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : portsText(found))
  return EXIT.ok
}

/** The ports as a table for people, the name to configure first; below it what is wrong with which. */
export function portsText(found: readonly PortInfo[]): string {
  if (found.length === 0)
    return 'no serial ports here; plug one in (adapters appear as /dev/ttyUSB0 or /dev/ttyACM0), or see `dmesg` why it is not taken\n'
  const rows = found.map((port) => [
    port.stablePath ?? port.device,
    port.stablePath ? port.device : '',
    [port.manufacturer, port.product, port.serialNumber].filter(Boolean).join(' '),
    port.heldBy ? `in use by ${holdersText(port.heldBy)}` : '',
  ])
  const problems = found.flatMap(({ device, problem }) => (problem ? [`${device}: ${problem}`] : []))
  const table = alignedLines([['path', 'device', 'product', ''], ...rows.map((row) => row.map(visible))], {
    left: [0, 1, 2, 3],
  })
  return [...table, ...(problems.length > 0 ? [''] : []), ...problems.map(visible)].map((line) => `${line}\n`).join('')
}
