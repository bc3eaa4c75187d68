/** What a stop may take on top of `stopTimeout`, ms: to give up, to close, to print the ledger. */
export const STOP_MARGIN_MS = 10_000
