import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { ConfigError, reasonOf } from '../model/errors.js'
import { LOG_LEVELS } from '../observe/log-levels.js'
import { leadsToJournal, prioritized } from '../observe/systemd-journal.js'
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
      printFailure(problemsText(error))
      return EXIT.configuration
    }
    printFailure(`weir: ${reasonOf(error)}\n`)
    return EXIT.failure
  }
}

/** Prints why the command ends; in systemd's journal as an error. */
function printFailure(text: string): void {
  process.stderr.write(leadsToJournal(2, process.env) ? prioritized(text, 'error') : text)
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
    .option('--state', 'say which windows of the state that is kept this configuration touches')
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

  command('bench', 'measure the kernels on this machine against plain JavaScript, or what it carries as a whole')
    .argument(
      '[what...]',
      'reductions or families of them, as `mean p99 signal`; without, all. Or `pipeline`, and configuration files if you like',
    )
    .option('--seconds <n>', 'with pipeline: how long each rate is tried', positiveNumber, 2)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\n`weir bench pipeline [FILE...]` finds the highest rate of MQTT messages that is carried, with a broker and a publisher of its\nown: nothing else need be installed, and the configured broker and sinks are left alone.',
    )
    .action(async ([what, ...more]: string[], options) =>
      done(
        what === 'pipeline'
          ? await (await import('./bench-pipeline.js')).benchPipeline(more, options)
          : (await import('./bench.js')).bench(what === undefined ? [] : [what, ...more], options),
      ),
    )

  asking(command('record', 'record the frames of live sources with their timing, to replay them'))
    .argument('[file...]', 'configuration files: their sources are opened here; without, a running weir is asked')
    .requiredOption('--out <file>', 'the recording to make; compressed where its name ends in .gz')
    .option('--seconds <n>', 'end after so many seconds', positiveNumber)
    .option('--frames <n>', 'end after so many frames', positiveNumber)
    .addOption(logLevel('info'))
    .action(async (files: string[], options) => done(await (await import('./record.js')).record(files, options)))

  command('replay', 'run a configuration on a recording: the same points every time, on stdout')
    .argument('<recording>', 'what `weir record` made')
    .argument('<file...>', 'configuration files; with --diff two configurations, each a.yaml or a.yaml,b.yaml')
    .addOption(
      new Option('--speed <n>', 'recorded seconds a second: 1, 10, or max for as fast as it goes')
        .argParser((text) => (text === 'max' ? Number.POSITIVE_INFINITY : positiveNumber(text)))
        .default(Number.POSITIVE_INFINITY, 'max'),
    )
    .addOption(
      new Option('--format <format>', 'how points are written').choices(['line', 'ndjson', 'csv']).default('line'),
    )
    .option('--sinks', 'send the points to the configured sinks instead')
    .option('--partial', 'write windows that began before the recording too')
    .option('--diff', 'compare the final points of two configurations')
    .option('--tolerance <part>', 'with --diff: values that differ by a smaller part are equal', notNegative, 1e-9)
    .option('--examples <n>', 'with --diff: how many differences are shown', notNegative, 10)
    .option('--json', 'with --diff: print JSON')
    .addOption(logLevel('warn'))
    .action(async (recording: string, files: string[], options) =>
      done(
        options.diff
          ? await (await import('./replay-diff.js')).replayDiff(recording, files, options)
          : await (await import('./replay.js')).replay(recording, files, options),
      ),
    )

  asking(command('status', 'show how a running weir is: alarms, sources, windows, sinks and the ledger'))
    .option('--once', 'print it once and end, also on a terminal')
    .option('--watch', 'go on, also where stdout is no terminal')
    .option('--json', 'print JSON, with --watch a line a second')
    .addHelpText(
      'after',
      '\nOn a terminal it refreshes every second. Ends with 0 when weir is ready, 1 when it is not or nobody answers.',
    )
    .action(async (options) => done(await (await import('./status.js')).status(options)))

  asking(command('tail', 'show points, samples or frames of a running weir as they flow'))
    .addArgument(new Argument('[what]', 'what to show').choices(KINDS).default(KINDS[0]))
    .option('--source <glob>', 'of these sources only')
    .option('--tag <name=glob>', 'with this tag only; may be given again', collect)
    .option('--field <glob>', 'of points and samples: these fields only')
    .option('--window <glob>', 'of points: of these windows only')
    .option('--topic <glob>', 'of frames: of these topics, ports or paths only')
    .option('--count <n>', 'end after so many lines', positiveNumber)
    .option('--seconds <n>', 'end after so many seconds', positiveNumber)
    .option('--json', 'print lines of JSON')
    .action(async (what, options) => done(await (await import('./tail.js')).tail(what, options)))

  command('ports', 'list the serial ports with their stable names')
    .option('--json', 'print JSON')
    .action(async (options) => done(await (await import('./ports.js')).ports(options)))

  const spool = command('spool', 'what waits on disk for sinks, while weir does not run')
  const ofSpools = (name: string, description: string) =>
    spool
      .command(name)
      .description(description)
      .argument('<file...>', 'configuration files')
      .option('--sink <name>', 'of this sink alone')
  ofSpools('status', 'how many points wait for each sink, since when, and how many lines were refused')
    .option('--json', 'print JSON')
    .action(async (files: string[], options) => done(await (await import('./spool.js')).spoolStatus(files, options)))
  ofSpools('retry', 'let the lines that a server refused wait for it again').action(async (files: string[], options) =>
    done(await (await import('./spool.js')).spoolRetry(files, options)),
  )
  ofSpools('drop', 'give up what waits, counted')
    .option('--yes', 'do it')
    .action(async (files: string[], options) => done(await (await import('./spool.js')).spoolDrop(files, options)))

  const journal = command('journal', 'look into what a weir keeps of the frames it took, also while it runs')
  journal
    .command('verify')
    .description('say whether it is whole, and what is wrong where; the exit code is 1 for damage')
    .argument('<path>', 'stateDir or runtimeDir, their folder `journal`, or a file')
    .option('--json', 'print JSON')
    .action(async (path: string, options) => done(await (await import('./journal.js')).verifyJournal(path, options)))
  journal
    .command('dump')
    .description('print its records; of a file, those behind damage too')
    .argument('<path>', 'stateDir or runtimeDir, their folder `journal`, or a file')
    .option('--json', 'print lines of JSON')
    .action(async (path: string, options) => done(await (await import('./journal.js')).dumpJournal(path, options)))

  const service = command('service', 'weir as a service of systemd')
  service
    .command('install')
    .description('write the service for a configuration, start it, and have it start at each boot; needs root')
    .argument('<file...>', 'configuration files')
    .addOption(serviceName())
    .option('--credentials <folder>', "files of the configuration's credentials (default: /etc/weir/credentials)")
    .option('--print', 'print the unit and end')
    .option('--dry-run', 'print what would be done and end')
    .action(async (files: string[], options) =>
      done(await (await import('./service.js')).installService(files, options)),
    )
  service
    .command('remove')
    .description('stop the service and undo what install did; keeps configuration and state; needs root')
    .addOption(serviceName())
    .option('--dry-run', 'print what would be done and end')
    .action(async (options) => done(await (await import('./service.js')).removeService(options)))
  service
    .command('status')
    .description('say whether it runs, since when, and what it does; the exit code is 0 when it runs')
    .addOption(serviceName())
    .option('--json', 'print JSON')
    .action(async (options) => done(await (await import('./service.js')).showService(options)))

  return program
}

function serviceName(): Option {
  return new Option('--name <name>', 'of several services on one machine').default('weir')
}

/** Options of the commands that ask a running weir. */
function asking(command: Command): Command {
  return command
    .option('--at <url>', 'where it answers (default: http://127.0.0.1:9470)', webAddress)
    .option('--config <file...>', 'take address and token from the configuration that it runs')
    .addOption(
      new Option('--token <text>', 'its token; better in the variable, since arguments can be seen by others').env(
        'WEIR_TOKEN',
      ),
    )
}

const collect = (text: string, before: string[] = []) => [...before, text]

function webAddress(text: string): string {
  const url =
    URL.canParse(text.includes('://') ? text : `http://${text}`) &&
    new URL(text.includes('://') ? text : `http://${text}`)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('an address such as http://127.0.0.1:9470')
  return url.origin
}

function logLevel(level: string): Option {
  return new Option('--log-level <level>', 'how much to log on stderr')
    .choices(LOG_LEVELS)
    .env('LOG_LEVEL')
    .default(level)
}

function notNegative(text: string): number {
  const value = Number(text)
  if (!(value >= 0)) throw new InvalidArgumentError('a number of at least 0')
  return value
}

function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0')
  return value
}
