// What is slow to start is started once for all the tests of a process, and
// ended after the last of them.
import { after } from 'node:test'

const ends = []

// shared returns what gives each caller the same, started for the first. Like a
// test, it lets start say what to do in the end.
export function shared(start) {
  let started
  return () => started ??= start({ after: end => ends.unshift(end) })
}

export async function endShared() {
  for (const end of ends.splice(0)) await end()
}

after(endShared)
