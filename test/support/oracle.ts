import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Debian's Python, which its NumPy and SciPy belong to, run on a script of test/vectors/kernels/: JSON in, JSON out. One
 * process answers all that a file of tests asks.
 */
export function askPython<T>(script: string, cases: unknown): T {
  const path = fileURLToPath(new URL(`../../../test/vectors/kernels/${script}`, import.meta.url))
  const { status, stdout, stderr, error } = spawnSync('/usr/bin/python3', [path], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`${script} failed, which needs python3-numpy and python3-scipy: ${error ?? stderr}`)
  return JSON.parse(stdout)
}
