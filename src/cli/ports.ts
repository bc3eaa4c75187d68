import { alignedLines } from '../observe/text-table.js'
import { listPorts, type PortInfo } from '../sources/serial/ports.js'
import { EXIT } from './exit-codes.js'

/** `weir ports`: the serial ports of this machine. */
export async function ports({ json }: { json?: boolean }): Promise<number> {
  const found = await listPorts()
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : portsText(found))
  return EXIT.ok
}

/** The ports as a table for people, the name to configure first. */
export function portsText(found: readonly PortInfo[]): string {
  if (found.length === 0) return 'no serial ports here\n'
  const rows = found.map((port) => [
    port.stablePath ?? port.device,
    port.stablePath ? port.device : '',
    [port.manufacturer, port.product, port.serialNumber].filter(Boolean).join(' '),
    port.problem ?? (port.heldBy ? `in use by ${port.heldBy.join(', ')}` : ''),
  ])
  return `${alignedLines([['path', 'device', 'product', ''], ...rows], { left: [0, 1, 2, 3] }).join('\n')}\n`
}
