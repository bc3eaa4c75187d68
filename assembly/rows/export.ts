// The view as tests and benchmarks fill it, and what kernels leave in it.
export {
  partA,
  partB,
  setAfter as viewAfter,
  setBefore as viewBefore,
  setCounts as viewCounts,
  setPane as viewPane,
  setRows as viewRows,
  setRules as viewRules,
  setRuns as viewRuns,
  setScratch as viewScratch,
} from './view'
