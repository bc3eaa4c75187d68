#!/usr/bin/env node
import module from 'node:module'

// Not in Node 20. What was compiled is there at the next start.
;(module as { enableCompileCache?: () => unknown }).enableCompileCache?.()
const { runProgram } = await import('./cli/program.js')

// Whoever reads the results may stop reading: what is printed after that is for nobody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exit(await runProgram(process.argv.slice(2)))
