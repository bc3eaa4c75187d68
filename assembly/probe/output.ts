// Stands in for `decode/output.ts` where a test wants to see what a codec says: writes it down, 32 bytes a word.
export let program: usize = 0
export let channel: usize = 0
export let arrival: f64 = 0
export let codecScratch: usize = 0
export let codecScratchEnd: usize = 0

let log: usize = 0
let words: u32 = 0

export function openProbe(programAt: usize, channelAt: usize, scratch: usize, scratchEnd: usize, logAt: usize): void {
  program = programAt
  channel = channelAt
  codecScratch = scratch
  codecScratchEnd = scratchEnd
  log = logAt
}

export function clearProbe(): void {
  words = 0
}

export function probeWords(): u32 {
  return words
}

function note(word: u32, index: u32, address: usize, bytes: u32, value: f64): void {
  const at = log + ((<usize>words) << 5)
  store<u32>(at, word)
  store<u32>(at, index, 4)
  store<u32>(at, <u32>address, 8)
  store<u32>(at, bytes, 12)
  store<f64>(at, value, 16)
  words++
}

export function beginRow(): void {
  words = 0
}

export function sample(field: u32, value: f64): void {
  note(1, field, 0, 0, value)
}

export function sampleNamed(name: usize, bytes: u32, value: f64): void {
  note(2, 0, name, bytes, value)
}

export function invalid(): void {
  note(3, 0, 0, 0, 0)
}

export function filtered(): void {
  note(4, 0, 0, 0, 0)
}

export function tag(index: u32, address: usize, bytes: u32): void {
  note(5, index, address, bytes, 0)
}

export function setTime(timeUs: f64): void {
  note(6, 0, 0, 0, timeUs)
}

export function badTime(why: u32): void {
  note(7, why, 0, 0, 0)
}

export function setSequence(number: f64): void {
  note(9, 0, 0, 0, number)
}

export function endRow(): bool {
  note(8, 0, 0, 0, 0)
  return true
}
