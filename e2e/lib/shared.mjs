// Resources that are slow to start are shared by all tests of a process, and ended
// after the last one.
import { after } from 'node:test'

const ends = []

// shared returns a function that returns the same resource to every caller, started for
// the first one. Like a test's context, its argument has after, for cleanup.
export function shared(start) {
  let started
  return () => started ??= start({ after: end => ends.unshift(end) })
}

export async function endShared() {
  for (const end of ends.splice(0)) await end()
}

after(endShared)
