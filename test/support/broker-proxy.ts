import { once } from 'node:events'
import net from 'node:net'

/** Stands between a weir and its broker on loopback, and does to connections what networks and bad brokers do. */
export interface BrokerProxy {
  readonly url: string
  /** Connections so far. */
  readonly connections: number
  /** What the broker says from now on: all of it, nothing (the connection stays), or only up to so many bytes, behind which the connection ends. */
  answers: 'all' | 'none' | number
  /** Whether the broker hears what weir says. */
  hears: boolean
  /** Says this in place of the broker behind its next packet. */
  inject(bytes: Uint8Array): void
  /** Ends all connections at once. */
  cut(): void
  stop(): Promise<void>
}

export async function startBrokerProxy(port: number): Promise<BrokerProxy> {
  const sockets = new Set<net.Socket>()
  let connections = 0
  let injected: Uint8Array | undefined
  const server = net.createServer((client) => {
    connections++
    const broker = net.connect(port, '127.0.0.1')
    const ends = () => {
      for (const socket of [client, broker]) {
        socket.destroy()
        sockets.delete(socket)
      }
    }
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on('error', ends).on('close', ends)
    }
    client.on('data', (bytes) => {
      if (proxy.hears) broker.write(bytes)
    })
    /** Bytes of the packet that is not whole yet. */
    let rest = Buffer.alloc(0)
    broker.on('data', (bytes) => {
      if (proxy.answers === 'none') return
      const all = Buffer.concat([rest, bytes])
      const edge = wholePackets(all)
      rest = all.subarray(edge)
      let out = all.subarray(0, edge)
      if (injected && edge > 0) out = Buffer.concat([out, injected])
      if (edge > 0) injected = undefined
      if (typeof proxy.answers === 'number') {
        const left = proxy.answers
        proxy.answers -= out.length
        if (proxy.answers <= 0) {
          proxy.answers = 'all'
          client.write(out.subarray(0, left), ends)
          return
        }
      }
      client.write(out)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: BrokerProxy = {
    url: `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    get connections() {
      return connections
    },
    answers: 'all',
    hears: true,
    inject(bytes) {
      injected = bytes
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async stop() {
      proxy.cut()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

/** Bytes up to the end of the last whole packet. */
function wholePackets(bytes: Buffer): number {
  let at = 0
  for (;;) {
    let length = 0
    let to = at + 1
    for (let shift = 0; ; shift += 7) {
      if (to >= bytes.length) return at
      const byte = bytes[to++]
      length += (byte & 127) << shift
      if (byte < 128) break
    }
    if (to + length > bytes.length) return at
    at = to + length
  }
}
