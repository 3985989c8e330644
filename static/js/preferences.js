// The preferences page: what this browser follows, and the way out.

import { current, forget, setLevel, unfollow } from './subscription.js'
import { ask, obstacle, words } from './permission.js'

const find = id => document.getElementById(id)
const kinds = { outage: 'Outage', app: 'App' }

let subscription = null

find('retry').addEventListener('click', load)
find('forget').addEventListener('click', () => find('forget-dialog').showModal())
find('forget-confirm').addEventListener('click', forgetMe)
find('mute-confirm').addEventListener('click', mute)
find('mute-cancel').addEventListener('click', closeMute)
addEventListener('hashchange', offerMute)

await load()
offerMute()

async function load() {
  find('retry').hidden = true
  try {
    subscription = await current()
    showFollows()
  } catch (problem) {
    find('follows-empty').hidden = false
    find('follows-empty').textContent = problem.message
    find('retry').hidden = false
  }
  showPermission()
  find('preferences').dataset.ready = ''
}

function showFollows() {
  const follows = subscription?.follows ?? []
  find('follows').replaceChildren(...follows.map(row))
  find('follows-empty').hidden = follows.length > 0
  find('follows-empty').innerHTML = 'This browser follows nothing. Open an <a href="/">outage or an app</a> and press Follow.'
  find('forget').disabled = !subscription
}

function row({ topic, level, name }) {
  const [kind, slug] = topic.split('/')
  const item = find('follow-row').content.cloneNode(true).firstElementChild
  const [link, select, remove] = ['a', '.follow-level', '.follow-remove'].map(part => item.querySelector(part))
  item.dataset.topic = topic
  item.querySelector('.follow-kind').textContent = kinds[kind] ?? kind
  link.textContent = name
  link.href = `/${kind}s/${slug}`
  if (kind !== 'outage') select.querySelector('[value=muted]').remove()
  select.value = level
  select.setAttribute('aria-label', `How much of ${name}`)
  select.addEventListener('change', () => act(() => setLevel(topic, select.value), `${name}: ${select.selectedOptions[0].text}.`))
  remove.textContent = level === 'muted' ? 'Unmute' : 'Unfollow'
  remove.setAttribute('aria-label', `${remove.textContent} ${name}`)
  remove.addEventListener('click', async () => {
    await act(() => unfollow(topic), `You no longer ${level === 'muted' ? 'mute' : 'follow'} ${name}.`)
    find('follows-heading').focus()
  })
  return item
}

async function act(change, done) {
  try {
    await change()
    subscription = await current()
    say(done)
  } catch (problem) {
    say(problem.message)
  }
  refreshRows()
}

// Rows that stay keep the keyboard's focus.
function refreshRows() {
  const focused = document.activeElement?.closest('[data-topic]')?.dataset.topic
  const control = document.activeElement?.className
  showFollows()
  if (focused) find('follows').querySelector(`[data-topic="${CSS.escape(focused)}"]`)?.getElementsByClassName(control)[0]?.focus()
}

function showPermission() {
  const stop = obstacle()
  const box = find('permission')
  box.dataset.state = stop?.id ?? Notification.permission
  if (stop) return box.replaceChildren(words(stop))
  if (Notification.permission === 'granted') {
    return box.replaceChildren(words({ title: 'Allowed', text: 'This browser may show notifications from Newsbell.' }))
  }
  const allow = document.createElement('button')
  allow.type = 'button'
  allow.className = 'button'
  allow.textContent = 'Ask my browser'
  allow.addEventListener('click', async () => {
    const refused = await ask()
    if (refused) box.replaceChildren(words(refused), allow)
    else await load()
  })
  box.replaceChildren(words({ title: 'Not asked yet', text: 'Your browser asks when you follow something for the first time.' }))
  if (subscription?.follows.length) box.append(allow)
}

function offerMute() {
  const topic = location.hash.match(/^#mute=(outage\/[a-z0-9-]+)$/)?.[1]
  find('mute').hidden = !topic
  if (!topic) return
  const name = subscription?.follows.find(follow => follow.topic === topic)?.name
  find('mute').dataset.topic = topic
  find('mute-confirm').hidden = !subscription
  find('mute-words').textContent = subscription
    ? `You will hear no more of ${name ? `“${name}”` : 'this outage'}, not even through its apps. Other outages are not touched.`
    : 'This browser gets no notifications from Newsbell, so there is nothing to mute here.'
  find('mute-heading').focus()
}

async function mute() {
  const { topic } = find('mute').dataset
  await act(() => setLevel(topic, 'muted'), 'Muted. You will hear no more of this outage.')
  if (subscription?.follows.some(follow => follow.topic === topic && follow.level === 'muted')) closeMute()
}

function closeMute() {
  history.replaceState(null, '', location.pathname)
  find('mute').hidden = true
  find('follows-heading').focus()
}

async function forgetMe() {
  find('forget-problem').textContent = ''
  try {
    await forget()
    subscription = null
    showFollows()
    find('forget-dialog').close()
    say('Forgotten. Newsbell knows nothing of this browser any more.')
    find('follows-heading').focus()
  } catch (problem) {
    find('forget-problem').textContent = problem.message
  }
}

function say(text) {
  find('preferences-status').textContent = text
}
