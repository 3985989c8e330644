// Changes take effect at once, one after the other, and can be undone.

import { change, current } from '../reader/subscription.js'
import { load, known, publish } from './settings.js'
import { say } from './status-line.js'

let last = Promise.resolve()

// act does something, then says what was done. Undo does what back does; focus
// says where the keyboard is then. It returns whether it was done.
export function act(does, done, { back, focus } = {}) {
  const step = last.then(async () => {
    try {
      publish(await does() ?? await current())
      focus?.()
      say(done, back && (() => act(back, 'Undone.', { focus })))
      return true
    } catch (problem) {
      console.warn(problem)
      publish(known())
      say(problem.message)
      return false
    }
  })
  last = step
  return step
}

// reread shows what another tab has changed, after what is being done here.
export function reread() {
  last = last.then(load).catch(problem => console.warn(problem))
}

// set changes settings of the subscription; before is what they were.
export const set = (settings, before, done, focus) =>
  act(() => put(settings), done, { back: () => put(before), focus })

// A change does not look at the browser's side, so its problem stays.
const put = async settings => ({ ...await change(settings), problem: known().problem })
