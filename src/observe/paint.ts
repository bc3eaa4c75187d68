/** Colours for the terminal, or none. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  yellow(text: string): string
  green(text: string): string
  cyan(text: string): string
}

/** Colours only where `wanted`; else every text as it is. */
export function createPaint(wanted: boolean): Paint {
  const coloured = (code: number) => (text: string) => (wanted ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    bold: coloured(1),
    dim: coloured(2),
    red: coloured(31),
    yellow: coloured(33),
    green: coloured(32),
    cyan: coloured(36),
  }
}

/** Whether colours are wanted on a stream: a terminal that can, and no NO_COLOR. */
export function coloursWanted(stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
}
