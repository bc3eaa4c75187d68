const PLAIN = /^[ -~]*$/

/**
 * Text from outside as it may be shown: characters that steer a terminal or turn text (control, format, line ends, halves
 * of pairs) become visible.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(
    /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  )
}

/** The same for JSON, which stays the same JSON: inside its texts such characters become `\uXXXX`. */
export function visibleJson(json: string): string {
  if (PLAIN.test(json)) return json
  return json.replace(/\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
