import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** The demo's own broker, on a free port of this machine. */
export interface DemoBroker {
  /** As `mqtt://127.0.0.1:40123`. */
  readonly url: string
  close(): Promise<void>
}

/** Starts the broker. */
export async function startBroker(): Promise<DemoBroker> {
  const { Aedes } = await import('aedes')
  const broker = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      await new Promise<void>((resolve) => broker.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
