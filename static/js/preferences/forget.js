// "Forget me" deletes everything that is stored about this browser.

import { forget } from '../reader/subscription.js'
import { find, publish } from './settings.js'
import { say } from './status-line.js'

find('forget').addEventListener('click', () => find('forget-dialog').showModal())
find('forget-confirm').addEventListener('click', forgetMe)

async function forgetMe() {
  find('forget-problem').textContent = ''
  try {
    await forget()
  } catch (problem) {
    console.warn(problem)
    find('forget-problem').textContent = problem.message
    return
  }
  find('forget-dialog').close()
  publish(null)
  find('follows-heading').focus()
  say('Done. Newsbell no longer stores anything about this browser.')
}
