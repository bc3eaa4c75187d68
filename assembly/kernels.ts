// Columns → partials → windows. The ingest thread uses all of it, pool workers only `runChunks`.
export { admit, settle } from './window/admit'
export { condition } from './window/condition'
export { route } from './window/route'
export { mergeChunks, reduce, runChunks } from './window/reduce'
export { closeDevice, collect, linesEnd, listPanes, sweep } from './window/collect'
export { addRow as stateAddRow, addRun as stateAddRun, merge as stateMerge } from './state/index'
export { finish as kernelFinish } from './kernels/index'
