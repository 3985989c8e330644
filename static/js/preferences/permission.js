// Shows whether the browser allows notifications, and what to do if it does not.

import { element } from '../page/element.js'
import { ask, obstacle, onPermission, renderObstacle } from '../reader/permission.js'
import { find, load, known } from './settings.js'
import { showSummary } from './summary.js'
import { say } from './status-line.js'

export function showPermission(subscription) {
  const stop = obstacle()
  const box = find('permission')
  box.dataset.state = stop?.id ?? Notification.permission
  if (stop) return box.replaceChildren(renderObstacle(stop))
  if (subscription?.problem) {
    box.dataset.state = 'problem'
    return box.replaceChildren(renderObstacle({ title: 'Allowed, but your browser has a problem', text: subscription.problem.message }))
  }
  if (Notification.permission === 'granted') {
    return box.replaceChildren(renderObstacle({ title: 'Allowed', text: 'This browser can show notifications from Newsbell.' }))
  }
  box.replaceChildren(renderObstacle({ title: 'Not asked yet', text: 'Your browser will ask the first time you follow something.' }))
  if (subscription?.follows.length) box.append(allow())
}

function allow() {
  const button = element('button', { type: 'button', className: 'button', textContent: 'Allow notifications' })
  button.addEventListener('click', async () => {
    const denied = await ask()
    if (denied) find('permission').replaceChildren(renderObstacle(denied), ...denied.id === 'unanswered' ? [button] : [])
    else await granted()
    find('permission-heading').focus()
  })
  return button
}

async function granted() {
  try {
    await load()
  } catch (problem) {
    console.warn(problem)
    showPermission(known())
    say(problem.message)
  }
}

onPermission(() => {
  showPermission(known())
  showSummary(known())
})
