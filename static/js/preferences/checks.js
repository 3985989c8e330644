// What lies between the newsroom and this screen. Each check says what
// it found, and whether it had to be fixed; it throws when it is broken, with
// help when there is something that the reader can do, and Halted when Newsbell
// could not be asked, which says nothing of the check.

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
  const was = await push.registered()
  const now = await push.ready()
  return was?.active ? { text: `it is ${now.active.state === 'activated' ? 'running' : 'starting'}.` }
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

// An address that the push service has given up is renewed, and tried again.
async function pushService(test) {
  let { state, status, reason } = await tried(test)
  const isRenewed = [404, 410].includes(status)
  if (isRenewed) {
    await answered(load())
    if (known()?.problem) throw known().problem
    ;({ state, status, reason } = await tried(test))
  }
  if (state === 'failed') throw new Broken(refused(status, reason))
  if (state === 'waiting') throw new Broken(noAnswer(reason))
  const accepted = `it has accepted the test${status ? ` (${status})` : ''}.`
  return isRenewed ? { fixed: true, text: `it had given up this browser’s address. With a new one, ${accepted}` } : { text: accepted }
}

async function tried(test) {
  test.notice = await answered(send('test'))
  return answered(test.notice.answer()).catch(gone)
}

async function screen({ notice }) {
  const arrival = await notice.arrival()
  if (arrival === 'failed') throw new Broken(notShown)
  if (!arrival) throw new Broken(late)
  return { text: `the test was shown at ${inWords(Date.now(), 'second')}.` }
}

// answered waits for what Newsbell itself answers.
async function answered(asked) {
  try {
    return await asked
  } catch (problem) {
    const { status } = problem
    throw status === 0 || status === 429 || status >= 500 ? new Halted(problem.message, { cause: problem }) : problem
  }
}

// A subscription that the push service has given up is deleted with it.
function gone(problem) {
  if (problem.status !== 401) throw problem
  publish(null)
  throw new Broken(forgotten)
}

const forgotten = {
  title: 'Newsbell no longer recognizes this browser',
  text: 'Its data was deleted, here or in another window, or its push address had expired too long ago. Follow something to start again.',
}

const refused = (status, reason) => ({
  title: status ? `The push service refused (${status})` : 'The push service could not be reached',
  text: `${reason ? `${status ? 'It said' : 'What went wrong'}: ${reason}. ` : ''}This is not your browser’s fault. Newsbell’s editors can see it too. Try again later.`,
})

const noAnswer = reason => ({
  title: 'The push service has not answered',
  text: `${reason ? `What went wrong so far: ${reason}. ` : ''}Newsbell keeps trying. Try again in a few minutes.`,
})

const late = {
  title: 'Nothing has arrived',
  text: 'The push service has accepted the test, but this browser has not got it within 15 seconds. What mostly holds it back:',
  steps: [
    'A battery saver stops the browser in the background: exempt it.',
    'A company’s network or a VPN blocks the push service: try another connection.',
    'You’re looking at a different profile or browser: the test goes only to this one.',
    '“Do not disturb” keeps it from the screen: look into the list of notifications.',
  ],
}

const notShown = {
  title: 'It arrived but could not be shown',
  text: 'The browser has received the test and was not able to show it. Look into your system’s settings:',
  steps: [
    'Allow notifications for this browser in the settings of your computer or phone.',
    'Turn off “Do not disturb” or focus modes, then send the test again.',
    'Quit the browser and open it again.',
  ],
}
