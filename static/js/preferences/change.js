// Changes take effect at once, in order, and can be undone.

import { change, current } from '../reader/subscription.js'
import { load, known, publish } from './settings.js'
import { say } from './status-line.js'

let last = Promise.resolve()

// act runs a change, then shows the message done. undo, if given, reverts the change;
// focus moves the keyboard focus afterwards. It returns whether the change succeeded.
export function act(run, done, { undo, focus } = {}) {
  const step = last.then(async () => {
    try {
      publish(await run() ?? await current())
      focus?.()
      say(done, undo && (() => act(undo, 'Undone.', { focus })))
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

// reread shows what another tab has changed, after the changes in progress here.
export function reread() {
  last = last.then(load).catch(problem => console.warn(problem))
}

// set changes settings of the subscription; before holds their previous values.
export const set = (settings, before, done, focus) =>
  act(() => put(settings), done, { undo: () => put(before), focus })

// A change does not check the browser's side, so the known problem stays.
const put = async settings => ({ ...await change(settings), problem: known().problem })
