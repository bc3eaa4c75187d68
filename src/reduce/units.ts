/** A unit as a factor: in brackets where it is made of several. */
export const factor = (unit: string): string => (/^\w*$|^.\w*$/u.test(unit) ? unit : `(${unit})`)

/** Unit of a value times seconds, and of a value per second; unknown where the value's is. */
export const timesSeconds = (unit: string): string => unit && `${factor(unit)}·s`
export const perSecond = (unit: string): string => unit && `${factor(unit)}/s`
