/** A key of an object, or a place in an array. */
export type Step = string | number

const MOST_STEPS = 64
const STEP = /\.?([^.[\]"]+)|\[(\d{1,6})\]|\[("(?:[^"\\]|\\.)*")\]/y

/** The steps of a path such as `vib.rms`, `phases[2].power` or `["a.b"].c`; a problem's text when it is none. */
export function parsePath(path: string): Step[] | string {
  const steps: Step[] = []
  STEP.lastIndex = 0
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex
    const match = STEP.exec(path)
    const isKeyAtStart = match?.[1] !== undefined && match[0].startsWith('.') === (at === 0)
    if (!match || isKeyAtStart || steps.length === MOST_STEPS) return problem(path, at)
    if (match[1] !== undefined) steps.push(match[1])
    else if (match[2] !== undefined) steps.push(Number(match[2]))
    else {
      try {
        steps.push(JSON.parse(match[3]))
      } catch {
        return problem(path, at)
      }
    }
  }
  return steps.length ? steps : problem(path, 0)
}

function problem(path: string, at: number): string {
  return `cannot read the path \`${path}\`: it is broken at ${JSON.stringify(path.slice(at, at + 20))}; allowed: keys joined by dots, [n] for a place in an array, ["a.b"] for a key with dots or brackets, at most ${MOST_STEPS} steps`
}

/** The name of a field that was given none: its steps joined. */
export function pathName(path: string): string {
  const steps = parsePath(path)
  return typeof steps === 'string' ? path : steps.join('_')
}
