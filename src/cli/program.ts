import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { ConfigError, reasonOf } from '../model/errors.js'
import { LOG_LEVELS } from '../observe/log-levels.js'
import { KINDS } from '../tail/filter.js'
import { version } from '../version.js'
import { EXIT, exitCodesHelp } from './exit-codes.js'

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
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', exitCodesHelp)
    .exitOverride()
  const command = (words: string, description: string) => program.command(words).description(description)

  command('run', 'run a configuration until its sources end or it is stopped')
    .argument('<file...>', 'configuration files; of two that say the same, the later wins')
    .addOption(logLevel('info'))
    .action(async (files: string[], options) => done(await (await import('./run.js')).run(files, options)))

  command('check', 'validate a configuration and say what would run')
    .argument('<file...>', 'configuration files')
    .option('--offline', 'open nothing and need no secrets')
    .option('--json', 'print JSON')
    .action(async (files: string[], options) => done(await (await import('./check.js')).check(files, options)))

  command('demo', 'simulated machines over MQTT and a serial port, live; needs no hardware and no database')
    .option('--influx <url>', 'send the points to this InfluxDB, as http://localhost:8086, instead of a file')
    .option('--database <name>', 'its database, created if it is missing', 'weir_demo')
    .option('--fast', 'show in 30 s what else takes three minutes')
    .option('--open', 'open the live page in a browser')
    .option('--seconds <n>', 'end after so many seconds', positiveNumber)
    .option('--print-config', 'print the configuration of the demo and end')
    .addOption(logLevel('warn'))
    .action(async (options) => done(await (await import('./demo.js')).demo(options)))

  command('bench', 'measure the kernels on this machine, against plain JavaScript')
    .option('--json', 'print JSON')
    .action(async (options) => done(await (await import('./bench.js')).bench(options)))

  const running = (made: Command): Command =>
    made
      .option('--at <url>', 'address of the running weir, http://127.0.0.1:9470 unless given')
      .option('--config <file>', 'or its configuration, which has the address and the token')

  running(command('status', 'what a running weir does; exit code 1 when it is not ready or has alarms'))
    .option('--watch', 'go on until Ctrl-C')
    .option('--json', 'print JSON')
    .action(async (options) => done(await (await import('./status.js')).status(options)))

  running(command('tail', 'frames, samples or points of a running weir as they flow'))
    .addArgument(new Argument('[what]', 'what to look at').choices(KINDS).default('points'))
    .option('--source <glob>', 'only of these sources')
    .option('--field <glob>', 'only these fields')
    .option('--tag <name=glob>', 'only with such a tag; may be given again', tagGlob)
    .option('--window <glob>', 'only points of these windows')
    .option('--channel <glob>', 'only frames of these topics or ports')
    .option('--count <n>', 'end after so many', positiveNumber)
    .option('--seconds <n>', 'end after so many seconds', positiveNumber)
    .option('--json', 'print a line of JSON each')
    .action(async (what, options) => done(await (await import('./tail.js')).tail(what, options)))

  command('ports', 'list the serial ports with their stable names')
    .option('--json', 'print JSON')
    .action(async (options) => done(await (await import('./ports.js')).ports(options)))

  return program
}

function logLevel(level: string): Option {
  return new Option('--log-level <level>', 'how much to log on stderr')
    .choices(LOG_LEVELS)
    .env('LOG_LEVEL')
    .default(level)
}

function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0')
  return value
}

function tagGlob(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('a name and a glob, as machine=press-*')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
