// The transform, its angles and detrending by themselves, for tests and the benchmark.
export { cosTurns, sinTurns } from '../maths/turns'
export { detrended } from '../rows/detrend'
export * from '../rows/export'
export { realFft } from '../signal/fft'
