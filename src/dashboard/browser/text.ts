// Words and numbers as the page shows them.
import { visible } from '../../observe/visible.js'

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

export const clockTime = (us: number): string => new Date(us / 1000).toLocaleTimeString('en-GB')
