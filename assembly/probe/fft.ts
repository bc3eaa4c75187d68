// The transform and the angles by themselves, for tests and the benchmark.
export { cosTurns, sinTurns } from '../maths/turns'
export { setScratch as viewScratch } from '../rows/view'
export { realFft } from '../signal/fft'
