// A payload that is one number. Its series is the program's only field, under the topic's name for it if there is one.
import { FIELD_MAP, FIELD_MAP_LENGTH, PROGRAM_FIELD_LIST } from '../layout'
import { beginRow, endRow, filtered, invalid, program, sample } from './output'
import { readText, TEXT_NULL, TEXT_NUMBER, textNumber } from './text'

/// Reads a payload; blanks and line breaks around it don't count. 0 = it was read, which any bytes are.
export function numberPayload(start: usize, end: usize): u32 {
  while (start < end && load<u8>(start) <= 32) start++
  while (start < end && load<u8>(end - 1) <= 32) end--
  const field = <usize>load<u32>(program, PROGRAM_FIELD_LIST)
  beginRow()
  const what = readText(start, <u32>(end - start), load<u32>(field, FIELD_MAP), load<u32>(field, FIELD_MAP_LENGTH))
  if (what == TEXT_NUMBER) sample(0, textNumber)
  else if (what == TEXT_NULL) filtered()
  else invalid()
  endRow()
  return 0
}
