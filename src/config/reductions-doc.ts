import { COMPARISONS, type Kernel, type KernelArgument, type StateKind } from '../model/kernel.js'
import { code, rows } from './docs.js'

/** Units to show what becomes of one: the first that a reduction takes. */
const UNITS = ['°C', '°', 'g', '']

/** docs/reductions.md: every reduction there is, read from the registry. */
export function reductionsDoc(kernels: readonly Kernel[], states: readonly StateKind[]): string {
  const families = [...new Set(kernels.map(({ family }) => family))]
  const bytesOf = (kernel: Kernel) => states.find(({ name }) => name === kernel.state)!.slotBytes
  return `${[
    '# Reductions',
    'This page is generated from the registry of reductions in the source. What it takes to add one stands in [ARCHITECTURE.md](../ARCHITECTURE.md#adding-things), how fast they are in [performance.md](performance.md#kernels); `weir bench` measures yours.',
    'A window names them in `reduce`, as `[mean, p99, "band_rms(10,1000)"]`. The field of a point is the name of the value, `_`, and the reduction as it is written: letters, digits and dots of the arguments stay, a minus becomes `m`, the rest is joined by `_` (`acc_band_rms_10_1000`, `temp_p99`). `median` and `p99` or `p99.9` stand for `quantile` where that is listed below.',
    '## What all of them do with bad input',
    [
      '- A value that is NaN or infinite never gets here: it is counted `invalid` when it is decoded.',
      '- Where a reduction has no value, its field is left out of the point: a missing field, never a wrong one. The tables say when; without a sample only counts have a value.',
      '- −0, subnormal numbers and numbers beyond 2⁵³ are values like all others. Sums keep their rounding errors, and spreads are reckoned from differences, so a large mean costs no digits. Where results leave the range of doubles (values beyond about 1e150, squared) there is no value.',
      '- Samples of equal times all count, in the order in which they arrived. Those *over rows* are in order of time, whenever they came; the others take them as they come.',
      "- What a result may differ from exact arithmetic is stated for each in the source (`tolerance`) and held by tests against NumPy, SciPy, exact rationals and NIST's data: 1e-12 relative for closed forms, 1e-9 for spectra.",
    ].join('\n'),
    '*Keeps* is what a window keeps of a series for it: so many bytes, which all reductions of the same state share, or the rows themselves (8 bytes a sample of an array with a stated rate, else 16; at most `maxRows`). *Hops*: a window that hops adds it up from panes, and needs no rows once they are closed.',
    ...families.flatMap((family) => [
      `## ${family[0]!.toUpperCase()}${family.slice(1)}`,
      rows(
        ['written', 'what it is', 'arguments', 'unit', 'keeps', 'hops', 'source'],
        kernels
          .filter((kernel) => kernel.family === family)
          .map((kernel) => [
            code(kernel.example ?? kernel.name),
            kernel.summary,
            kernel.edges
              ? `1 to ${kernel.edges} edges, ascending; a field for each gap`
              : kernel.arguments.map(argumentText).join('; '),
            unitText(kernel),
            kernel.state === 'rows' ? 'rows' : `${kernel.state}, ${bytesOf(kernel)} bytes`,
            kernel.state !== 'rows' || kernel.parts ? 'yes' : 'with its rows',
            kernel.source,
          ]),
      ),
    ]),
  ].join('\n\n')}\n`
}

function argumentText(argument: KernelArgument): string {
  const { name } = argument
  if ('words' in argument)
    return `${name}: ${argument.words.map(code).join(', ')}; without, ${code(argument.words[0]!)}`
  if ('comparison' in argument) return `${name}: ${COMPARISONS.map(code).join(' ')} and a number`
  const { min, max, unit, default: usual } = argument
  const bounds = `${name}: ${min} to ${max}${unit ? ` ${unit}` : ''}`
  return usual === undefined ? bounds : `${bounds}, without it ${usual}`
}

function unitText({ unit, accepts }: Kernel): string {
  const taken = UNITS.find((each) => !accepts?.(each))
  if (taken === undefined) return ''
  return `${taken || 'none'} → ${unit(taken) || 'none'}`
}
