/** Aborts when the command is to end: Ctrl-C, SIGTERM, or nobody reads stdout any more. */
export function enough(): AbortController {
  const controller = new AbortController()
  const end = () => controller.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end)
  process.stdout.once('error', end)
  return controller
}
