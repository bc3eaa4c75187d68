/** JSON that keeps every number, infinite ones and NaN too. */
export const exactText = (value: unknown): string =>
  JSON.stringify(value, (_key, one) =>
    typeof one === 'number' && !Number.isFinite(one) ? { [NUMBER]: String(one) } : one,
  )

/** Reads what `exactText` wrote. Throws a SyntaxError. */
export const exactValue = (text: string): unknown =>
  JSON.parse(text, (_key, one) =>
    one !== null && typeof one === 'object' && typeof one[NUMBER] === 'string' ? Number(one[NUMBER]) : one,
  )

const NUMBER = '$number'
