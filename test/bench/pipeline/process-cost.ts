import { readdirSync, readFileSync } from 'node:fs'

const TICK_US = 10_000

/** CPU that a process took, as the operating system counts it: all threads, user and system. */
export interface CpuReading {
  threadsUs: Map<string, number>
  ticksUs: number
}

/** Reads it. */
export function readCpu(pid: number): CpuReading {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  const threadsUs = new Map<string, number>()
  try {
    for (const id of readdirSync(`/proc/${pid}/task`))
      threadsUs.set(id, Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1000)
  } catch {
    // A kernel without schedstat; or a thread ended just now, and the ticks have it.
  }
  return { threadsUs, ticksUs: (Number(fields[11]) + Number(fields[12])) * TICK_US }
}

/** µs between two readings: by the scheduler's nanoseconds, or by ticks of 10 ms where threads that ended make the more. */
export function cpuBetween(from: CpuReading, to: CpuReading): number {
  let us = 0
  for (const [id, now] of to.threadsUs) us += now - (from.threadsUs.get(id) ?? 0)
  return Math.max(us, to.ticksUs - from.ticksUs - TICK_US)
}

/** MB resident now and at most. */
export function readMemory(pid: number): { nowMb: number; peakMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mb = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
  return { nowMb: mb('VmRSS'), peakMb: mb('VmHWM') }
}
