import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Case, Refusal } from './cases.js'

/** What an order became. */
export interface Sent {
  sent: number
  seconds: number
  /** Messages by which it was behind its rate at most. */
  behind: number
  cpuUs: number
}

/** One of the two load generators in C, as a process of its own. */
export interface Generator {
  /** Port of the broker that messages come from. */
  readonly port: number
  /** Sends at the case's rate; resolves when all is on its way. */
  send(seconds: number): Promise<Sent>
  /** Ends it; the sum of the temperatures of each device. */
  end(): Promise<number[]>
  kill(): void
}

const SOURCES = ['publisher', 'strict'] as const

/** Compiles both into a folder. */
export function compileGenerators(folder: string): void {
  for (const name of SOURCES) {
    const source = fileURLToPath(new URL(`../../../../test/bench/pipeline/${name}.c`, import.meta.url))
    try {
      execFileSync('gcc', ['-O2', '-o', join(folder, name), source], { stdio: ['ignore', 'ignore', 'pipe'] })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      throw new Refusal(
        'cannot compile the load generators: there is no gcc; install package gcc, or use `weir bench pipeline`, which needs none',
      )
    }
  }
}

/** Starts the one that the case needs; the publisher connects to `brokerPort`. */
export async function startGenerator(folder: string, load: Case, brokerPort: number): Promise<Generator> {
  const { series, qos, shape, samples, strictWindow } = load
  const [name, first] = strictWindow ? ['strict', strictWindow] : ['publisher', brokerPort]
  const words = [first, series, qos, shape, samples].map(String)
  const child = spawn(join(folder, name), words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the load generator \`${name}\` ended early`)
    return JSON.parse(value) as T
  }
  const port = strictWindow ? (await answer<{ port: number }>()).port : brokerPort
  return {
    port,
    send(seconds) {
      child.stdin.write(`${load.rate} ${seconds}\n`)
      return answer<Sent>()
    },
    async end() {
      child.stdin.end()
      const { sums } = await answer<{ sums: number[] }>()
      await ended(child)
      return sums.map((hundredths) => hundredths / 100)
    },
    kill: () => child.kill('SIGKILL'),
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
