// Words and numbers as the page shows them.

/** Text from outside as it may be shown: characters that steer or turn text (control, format, line ends) become visible. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

/** An element with attributes, and children that are elements or plain text; text is never markup. */
export function h(
  tag: string,
  attributes: Record<string, string> = {},
  ...children: (Node | string | undefined | false)[]
): HTMLElement {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children.filter((child) => child !== undefined && child !== false))
  return element
}

/** Text from outside in its own direction. */
export const outside = (text: string): HTMLElement => h('bdi', {}, visible(text))

export const count = (n: number): string => Math.round(n).toLocaleString('en')

/** Five digits or so. */
export function number(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(3)
  return value.toLocaleString('en', { maximumSignificantDigits: Math.max(5, Math.floor(Math.log10(size || 1)) + 1) })
}

/** A time span in words, as `4 min`. */
export function span(seconds: number): string {
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 10) / 10)} s`
  if (seconds < 100) return `${Math.round(seconds)} s`
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

export const clockTime = (us: number): string => new Date(us / 1000).toLocaleTimeString('en-GB')
