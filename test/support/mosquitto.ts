import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface MosquittoOptions {
  /** Who may log in; without it everybody may. */
  users?: Record<string, string>
  /** TLS with a certificate for 127.0.0.1; `mutual` asks clients for one too. */
  tls?: boolean | 'mutual'
  /** A second listener, for WebSocket. */
  webSocket?: boolean
  /** Further lines of its configuration. */
  config?: string
}

/** A real broker of its own: own port on loopback, own folder. */
export interface Mosquitto {
  url: string
  port: number
  readonly pid: number
  /** With `webSocket`. */
  webSocketUrl: string
  folder: string
  /** With `tls`: PEM files of the authority and of a client. */
  files: { ca: string; cert: string; key: string }
  /** Ends the process at once, as a power cut would. */
  kill(): Promise<void>
  /** Ends it in order; its folder stays. */
  halt(): Promise<void>
  /** Starts it again on the same port and folder. */
  start(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-mosquitto-'))
  const port = await freePort()
  const webSocketPort = options.webSocket ? await freePort() : 0
  const path = (name: string) => join(folder, name)
  if (options.tls) makeCertificates(folder)
  if (options.users) {
    await writeFile(path('users'), '')
    for (const [user, password] of Object.entries(options.users))
      execFileSync('mosquitto_passwd', ['-b', path('users'), user, password])
  }
  const lines = [
    'user root',
    `listener ${port} 127.0.0.1`,
    'set_tcp_nodelay true',
    'persistence true',
    `persistence_location ${folder}/`,
    'max_queued_messages 0',
    options.users ? `allow_anonymous false\npassword_file ${path('users')}` : 'allow_anonymous true',
    ...(options.tls
      ? [`cafile ${path('ca.crt')}`, `certfile ${path('server.crt')}`, `keyfile ${path('server.key')}`]
      : []),
    ...(options.tls === 'mutual' ? ['require_certificate true', 'use_identity_as_username true'] : []),
    options.config ?? '',
    // Only with socket_domain does it keep to the address.
    options.webSocket ? `listener ${webSocketPort} 127.0.0.1\nprotocol websockets\nsocket_domain ipv4` : '',
  ]
  await writeFile(path('mosquitto.conf'), `${lines.join('\n')}\n`)
  let child: ChildProcess
  const start = async () => {
    child = spawn('mosquitto', ['-c', path('mosquitto.conf')], {
      stdio: 'ignore',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    })
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    for (const each of webSocketPort ? [port, webSocketPort] : [port])
      while (!(await answers(each))) if (child.exitCode !== null) throw new Error('mosquitto did not start')
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  await start()
  return {
    url: options.tls ? `mqtts://127.0.0.1:${port}` : `mqtt://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid!
    },
    webSocketUrl: `ws://127.0.0.1:${webSocketPort}`,
    folder,
    files: { ca: path('ca.crt'), cert: path('client.crt'), key: path('client.key') },
    kill: () => end('SIGKILL'),
    halt: () => end('SIGTERM'),
    start,
    async stop() {
      await end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=weir test authority',
  )
  for (const [name, subject] of [
    ['server', '/CN=localhost'],
    ['client', '/CN=weir'],
  ]) {
    openssl(
      'req',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    )
    openssl('x509', '-req', '-in', `${name}.csr`, ...authority, '-out', `${name}.crt`, '-copy_extensions', 'copyall')
  }
}
