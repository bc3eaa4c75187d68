import { alignedLines, countText } from '../observe/text-table.js'
import { visible } from '../observe/visible.js'
import type { Comparison, Example, FieldDifference } from '../recording/differences.js'

/** What two configurations made of one recording, for people: A is the first, B the second. */
export function comparisonText({ equal, values, fields, examples, ledger }: Comparison): string {
  const n = countText
  const sections: string[][] = [
    [
      `${equal ? 'equal' : 'different'}: ${n(values.equal)} values equal, ${n(values.changed)} changed, ` +
        `${n(values.onlyFirst)} only in A, ${n(values.onlySecond)} only in B`,
    ],
  ]
  if (values.notCompared > 0)
    sections.push([`${n(values.notCompared)} values not compared: too many lines waited for their other side`])
  if (fields.length > 0)
    sections.push(
      alignedLines([['field', 'changed', 'by up to', '', 'only in A', 'only in B', 'equal'], ...fields.map(fieldRow)]),
    )
  if (ledger.length > 0)
    sections.push(
      alignedLines([
        ['ledger', 'A', 'B'],
        ...ledger.map(({ of, counter, first, second }) => [`${of}: ${words(counter)}`, n(first), n(second)]),
      ]),
    )
  if (examples.length > 0)
    sections.push(['the first differences', ...examples.map((example) => `  ${exampleText(example)}`)])
  return sections.map((lines) => `${lines.join('\n')}\n`).join('\n')
}

function fieldRow(each: FieldDifference): string[] {
  const { measurement, field, changed, greatest, greatestPart, onlyFirst, onlySecond, equal } = each
  return [
    visible(`${measurement} ${field}`),
    countText(changed),
    changed > 0 ? numberText(greatest) : '',
    changed > 0 ? `${numberText(greatestPart * 100)} %` : '',
    ...[onlyFirst, onlySecond, equal].map(countText),
  ]
}

function exampleText({ measurement, tags, timeUs, field, first, second }: Example): string {
  const at = new Date(timeUs / 1000).toISOString()
  return `${at} ${visible([measurement, ...tags].join(','))} ${visible(field)}: ${first ?? 'none'} -> ${second ?? 'none'}`
}

const numberText = (value: number) => String(Number(value.toPrecision(3)))
const words = (key: string) => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
