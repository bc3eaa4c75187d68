#!/usr/bin/env node
import { runProgram } from './cli/program.js'

// Whoever reads the results may stop reading: what is printed after that is for nobody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exit(await runProgram(process.argv.slice(2)))
