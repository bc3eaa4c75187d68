import { Composer, type CST, Lexer, LineCounter, Parser } from 'yaml'
import { type Problem, reasonOf } from '../model/errors.js'

const MAX_BYTES = 1 << 20
const MAX_ALIASES = 100
const MAX_DEPTH = 100
const MAX_PROBLEMS = 20

/** One YAML file as plain data, aliases expanded within bounds; each problem's message begins with file, line and column. */
export function parseYaml(text: string, file: string): { value: unknown; problems: Problem[] } {
  if (text.length > MAX_BYTES)
    return failed(`cannot read ${file}: it is too long; got ${text.length} characters; allowed: ${MAX_BYTES}`)
  const lines = new LineCounter()
  const tokens = tokensOf(text, lines)
  if (!tokens) return failed(`cannot read ${file}: it is nested too deep; allowed: ${MAX_DEPTH} levels`)
  const composer = new Composer({ prettyErrors: false, stringKeys: true })
  const documents = [...composer.compose(tokens, true, text.length)]
  const document = documents[0]
  const bad = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])
  const said = bad.slice(0, MAX_PROBLEMS).map((error) => {
    const { line, col } = lines.linePos(error.pos[0])
    return `cannot read ${file}:${line}:${col}: ${WORDS[error.code] ?? lower(error.message)}`
  })
  if (documents.length > 1) said.push(`cannot read ${file}: it holds several documents; give several files instead`)
  if (said.length) return { value: undefined, problems: said.map((message) => ({ path: '', message })) }
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), problems: [] }
  } catch (error) {
    return failed(`cannot read ${file}: ${lower(reasonOf(error))}; allowed: ${MAX_ALIASES} aliases`)
  }
}

/**
 * The parser's tokens, or undefined when they nest too deep: what comes after the parser calls itself at every level,
 * and V8 ends the process when a regular expression meets the end of the stack.
 */
function tokensOf(text: string, lines: LineCounter): CST.Token[] | undefined {
  const tokens: CST.Token[] = []
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    if (parser.stack.length > MAX_DEPTH) return undefined
  }
  tokens.push(...parser.end())
  return tokens
}

const WORDS: Record<string, string> = {
  DUPLICATE_KEY: 'this key stands here twice; remove one of them',
  NON_STRING_KEY: 'keys must be plain text; quote it',
  TAB_AS_INDENT: 'a tab as indentation; use spaces',
  TAG_RESOLVE_FAILED: 'an unknown tag (!...); quote the text if the exclamation mark belongs to it',
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

const failed = (message: string) => ({ value: undefined, problems: [{ path: '', message }] })
