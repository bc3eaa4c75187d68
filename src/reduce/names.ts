import { COMPARISONS, type Kernel, type KernelArgument } from '../model/kernel.js'
import type { ReductionPlan } from '../model/plan.js'
import { kernels } from './registry.js'

/** A reduction resolved, or what is wrong with how it is written. Only reductions with edges make several fields. */
export type Resolved = { reductions: ReductionPlan[] } | { problem: string }

/** Other ways to write some reductions: `median`, and `p99` or `p99.9`. */
function unabbreviated(written: string): string {
  if (written === 'median') return 'quantile(0.5)'
  const percent = /^p(\d{1,2}(?:\.\d{1,6})?|100)$/.exec(written)?.[1]
  return percent === undefined ? written : `quantile(${Number((Number(percent) / 100).toFixed(10))})`
}

/**
 * Resolves a reduction as written, `mean` or `band_rms(10, 1000)`. The suffix names the point's field: letters, digits
 * and dots of the arguments stay, a minus becomes `m`, all joined by `_`.
 */
export function resolveReduction(written: string, registry: readonly Kernel[] = kernels): Resolved {
  const refuse = (why: string) => ({ problem: `cannot use \`${written}\`: ${why}` })
  const trimmed = written.trim()
  const match = /^(\w+)\s*(?:\(([^()]*)\))?$/.exec(unabbreviated(trimmed))
  const kernel = match && registry.find(({ name }) => name === match[1])
  if (!kernel) {
    if (!match) return refuse('not a reduction; write `name` or `name(number, …)`')
    return refuse(`unknown reduction; known ones are ${registry.map(({ name }) => name).join(', ')}`)
  }
  const texts = match[2]?.trim() ? match[2].split(',').map((text) => text.trim()) : []
  if (kernel.edges) return withEdges(kernel, kernel.edges, texts, refuse)
  const wanted = kernel.arguments
  const least = wanted.filter((argument) => !isOptional(argument)).length
  if (texts.length < least || texts.length > wanted.length) return refuse(needs(kernel, least, texts.length))
  const values: number[] = []
  for (const [i, argument] of wanted.entries()) {
    const read = readArgument(argument, texts[i])
    if (typeof read === 'string') return refuse(read)
    values.push(...read)
  }
  const problem = kernel.check?.(values)
  if (problem) return refuse(problem)
  // An abbreviation names its field as it was written.
  const suffix = trimmed === match[0] ? suffixOf(kernel.name, texts) : trimmed
  return { reductions: [{ kernel: kernel.name, arguments: values, suffix }] }
}

function isOptional(argument: KernelArgument): boolean {
  return 'words' in argument || ('default' in argument && argument.default !== undefined)
}

function needs(kernel: Kernel, least: number, got: number): string {
  const { arguments: all } = kernel
  if (all.length === 0) return `takes no arguments; got ${got}`
  const units = new Set(all.map((argument) => ('unit' in argument ? argument.unit : undefined)))
  const [unit] = units
  const names = all.map(({ name }) => name).join(', ') + (units.size === 1 && unit ? ` in ${unit}` : '')
  const count = least === all.length ? `${least}` : `${least} to ${all.length}`
  return `needs ${count} argument${count === '1' ? '' : 's'} ${names}; got ${got}`
}

function readArgument(argument: KernelArgument, text: string | undefined): number[] | string {
  const { name } = argument
  if ('words' in argument) {
    const place = text === undefined ? 0 : argument.words.indexOf(text)
    return place < 0 ? `${name} must be one of ${argument.words.join(', ')}; got \`${text}\`` : [place]
  }
  if ('comparison' in argument) {
    const match = /^(>=|<=|>|<)\s*(\S+)$/.exec(text ?? '')
    const value = match ? Number(match[2]) : Number.NaN
    if (!match || !Number.isFinite(value)) return `${name} must be a comparison such as \`>80\`; got \`${text}\``
    return [COMPARISONS.indexOf(match[1] as (typeof COMPARISONS)[number]), value]
  }
  if (text === undefined) return [argument.default!]
  const value = text === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value) && value >= argument.min && value <= argument.max) return [value]
  return `${name} must be a number from ${argument.min} to ${argument.max}; got \`${text}\``
}

/** `histogram(0, 10)`: what is below 0, from 0 to below 10, and from 10 on, a field each over one state. */
function withEdges(
  kernel: Kernel,
  most: number,
  texts: string[],
  refuse: (why: string) => { problem: string },
): Resolved {
  const edges = texts.map((text) => (text === '' ? Number.NaN : Number(text)))
  const ascending = edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!))
  if (edges.length < 1 || edges.length > most || !ascending)
    return refuse(`needs 1 to ${most} edges, numbers in ascending order; got \`${texts.join(', ')}\``)
  const names = [['lt', texts[0]!], ...texts.slice(1).map((text, i) => [texts[i]!, text]), ['ge', texts.at(-1)!]]
  return {
    reductions: names.map((parts, i) => ({
      kernel: kernel.name,
      arguments: [i],
      stateArguments: edges,
      suffix: suffixOf(kernel.name, parts),
    })),
  }
}

function suffixOf(name: string, texts: readonly string[]): string {
  return [name, ...texts.map((text) => text.replaceAll('-', 'm').replace(/[^A-Za-z0-9.]/g, ''))].join('_')
}
