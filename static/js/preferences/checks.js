// The checks between the newsroom and this screen. Each returns what it found and
// whether it fixed something. It throws Broken, with help for the reader, if the
// check failed, and Halted if Newsbell did not answer, so that the check is undecided.

import * as api from '../reader/api.js'
import { isSame } from '../reader/synchronize.js'
import { send } from '../reader/notice.js'
import { inWords } from '../page/local-time.js'
import { ask, obstacle } from '../reader/permission.js'
import * as push from '../reader/push.js'
import { known, load, publish } from './settings.js'

export const checks = [
  { id: 'permission', name: 'Permission', check: permission },
  { id: 'worker', name: 'Background service', check: worker },
  { id: 'address', name: 'Push address', check: address },
  { id: 'push-service', name: 'The push service', check: pushService },
  { id: 'screen', name: 'Your screen', check: screen },
]

class Broken extends Error {
  constructor(help) {
    super(help.title)
    this.help = help
  }
}

export class Halted extends Error {}

async function permission() {
  const stop = obstacle() ?? await ask()
  if (stop) throw new Broken(stop)
  return { text: 'notifications are allowed here.' }
}

async function worker() {
  const before = await push.registered()
  const now = await push.ready()
  return before?.active ? { text: `it is ${now.active.state === 'activated' ? 'running' : 'starting'}.` }
    : { fixed: true, text: 'it was missing and has been restarted.' }
}

async function address() {
  const key = await answered(api.vapidKey())
  const same = Boolean(known()) && await isSame(known(), key)
  await answered(load())
  if (!known()) throw new Broken(forgotten)
  if (known().problem) throw known().problem
  return same ? { text: 'this browser and Newsbell agree.' }
    : { fixed: true, text: 'it had changed. Newsbell now has the new one.' }
}

// If the push service says that the address is gone, the check renews it and tries again.
async function pushService(test) {
  let { state, status, reason } = await sendTest(test)
  const isRenewed = [404, 410].includes(status)
  if (isRenewed) {
    await answered(load())
    if (known()?.problem) throw known().problem
    ;({ state, status, reason } = await sendTest(test))
  }
  if (state === 'failed') throw new Broken(rejected(status, reason))
  if (state === 'waiting') throw new Broken(noAnswer(reason))
  const accepted = `it accepted the test${status ? ` (${status})` : ''}.`
  return isRenewed ? { fixed: true, text: `this browser’s address had expired. With a new one, ${accepted}` } : { text: accepted }
}

async function sendTest(test) {
  test.notice = await answered(send('test'))
  return answered(test.notice.answer()).catch(gone)
}

async function screen({ notice }) {
  const arrival = await notice.arrival()
  if (arrival === 'failed') throw new Broken(notShown)
  if (!arrival) throw new Broken(late)
  return { text: `the test was shown at ${inWords(Date.now(), 'second')}.` }
}

// answered waits for Newsbell's own answer. It throws Halted if there is none.
async function answered(request) {
  try {
    return await request
  } catch (problem) {
    const { status } = problem
    throw status === 0 || status === 429 || status >= 500 ? new Halted(problem.message, { cause: problem }) : problem
  }
}

// gone handles a subscription that was deleted because its address is gone.
function gone(problem) {
  if (problem.status !== 401) throw problem
  publish(null)
  throw new Broken(forgotten)
}

const forgotten = {
  title: 'Newsbell no longer recognizes this browser',
  text: 'Its data was deleted, here or in another window, or its push address had expired too long ago. Follow something to start again.',
}

const rejected = (status, reason) => ({
  title: status ? `The push service rejected the test (${status})` : 'The push service could not be reached',
  text: `${reason ? `${status ? 'It said' : 'Reason'}: ${reason}. ` : ''}This is not your browser’s fault. Newsbell’s editors can see it too. Try again later.`,
})

const noAnswer = reason => ({
  title: 'The push service has not answered',
  text: `${reason ? `Reason: ${reason}. ` : ''}Newsbell keeps trying. Run the test again in a few minutes.`,
})

const late = {
  title: 'Nothing has arrived',
  text: 'The push service accepted the test, but it did not reach this browser within 15 seconds. Common causes:',
  steps: [
    'A battery saver stops the browser in the background. Exclude the browser from it.',
    'A company network or a VPN blocks the push service. Try another connection.',
    'You’re looking at another browser or profile. The test goes only to this one.',
    '“Do not disturb” hides the notification. Look in your system’s list of notifications.',
  ],
}

const notShown = {
  title: 'It arrived but could not be shown',
  text: 'Your browser received the test but could not show it. Check your system’s settings:',
  steps: [
    'Allow notifications for this browser in the settings of your computer or phone.',
    'Turn off “Do not disturb” or focus modes, then send the test again.',
    'Quit the browser and open it again.',
  ],
}
