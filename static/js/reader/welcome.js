// After the first follow, a notification is sent at once, so that the reader sees what
// one looks like and that it works.

import { element } from '../page/element.js'
import { send } from './notice.js'
import { base, isGuest } from '../page/site.js'

// welcome reports progress with say(text or nodes…) until the notification has arrived
// or is late.
export async function welcome(say) {
  try {
    const notice = await send('welcome')
    say('A notification is on its way…')
    const arrival = await notice.arrival()
    if (arrival === 'shown') return say('Your first notification arrived. You’re all set.')
    if (isGuest) return say('No notification has arrived yet. Your system may be blocking it: check its notification settings.')
    say('No notification has arrived yet. ', element('a', { href: base + '/preferences#test', textContent: 'Find out why' }))
  } catch (problem) {
    console.warn(problem)
    say('')
  }
}
