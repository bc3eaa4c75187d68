#!/usr/bin/env node
import { runProgram } from './cli/program.js'

process.exit(await runProgram(process.argv.slice(2)))
