import { Command, CommanderError } from 'commander'
import { ConfigError, reasonOf } from '../model/errors.js'
import { EXIT, exitCodesHelp } from './exit-codes.js'
import { packageVersion } from './version.js'

/**
 * Runs the command line and resolves with the exit code. Each command loads its own room when it is called, so that
 * `weir check` does not wait for what only the demo needs.
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok
  const program = createProgram((outcome) => {
    code = outcome
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (error instanceof ConfigError) {
      process.stderr.write(problemsText(error))
      return EXIT.configuration
    }
    process.stderr.write(`weir: ${reasonOf(error)}\n`)
    return EXIT.failure
  }
}

/** Every problem on a line of its own, with its path. */
export function problemsText({ problems }: ConfigError): string {
  const lines = problems.map(({ path, message }) => `  ${path ? `${path}: ` : ''}${message}`)
  return `weir: ${problems.length === 1 ? 'a problem' : `${problems.length} problems`} in the configuration\n${lines.join('\n')}\n`
}

function createProgram(done: (code: number) => void): Command {
  const program = new Command('weir')
    .description('Stream processor for sensor data at the edge: sensors in, windows in WebAssembly, InfluxDB out.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', exitCodesHelp)
    .exitOverride()
  const command = (words: string, description: string) => program.command(words).description(description)

  command('check', 'validate a configuration and say what would run')
    .argument('<file...>', 'configuration files')
    .option('--offline', 'open nothing and need no secrets')
    .option('--json', 'print JSON')
    .action(async (files: string[], options) => done(await (await import('./check.js')).check(files, options)))

  command('ports', 'list the serial ports with their stable names')
    .option('--json', 'print JSON')
    .action(async (options) => done(await (await import('./ports.js')).ports(options)))

  return program
}
