/** Now, ms by the clock that all threads share. */
export const sharedMs = (): number => performance.timeOrigin + performance.now()
