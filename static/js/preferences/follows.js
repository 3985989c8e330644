// What is followed, and how much of it.

import { time } from '../page/local-time.js'
import { element } from '../page/element.js'
import { base } from '../page/site.js'
import { choiceOf, levels, settingOf, stateOf } from '../reader/level.js'
import { expired } from '../reader/synchronize.js'
import { setFollow, unfollow } from '../reader/subscription.js'
import { act } from './change.js'
import { find } from './settings.js'

const kinds = { outage: 'Outage', app: 'App' }
const states = { failing: 'Failing', recovering: 'Recovering', up: 'Up' }

export function showFollows(subscription) {
  const follows = subscription?.follows ?? []
  const focused = where()
  find('follows').replaceChildren(...follows.filter(({ ends_at }) => !ends_at).map(row))
  find('ended-follows').replaceChildren(...follows.filter(({ ends_at }) => ends_at).map(endedRow))
  find('ended').hidden = find('ended-follows').children.length === 0
  find('follows-empty').hidden = follows.length > 0
  find('follows-empty').replaceChildren(expired ? `${expired} Open an ` : 'You don’t follow anything yet. Open an ',
    element('a', { href: base + '/', textContent: 'outage or an app' }), ' and press Follow to get notified when it changes, or only when it is back.')
  if (focused) back(focused)
}

function row(follow) {
  const { topic, name } = follow
  const before = stateOf(follow)
  const item = filled('follow-row', follow)
  item.querySelector('.follow-kind').append(...about(follow))
  const select = item.querySelector('.follow-level')
  if (!topic.startsWith('outage/')) for (const value of ['until_resolution', 'for_good']) select.querySelector(`[value=${value}]`).remove()
  select.value = choiceOf(follow)
  select.setAttribute('aria-label', `How much of ${name}`)
  select.addEventListener('change', () => act(() => put(topic, settingOf(select.value)), `${name}: ${select.selectedOptions[0].text}.`,
    { back: () => put(topic, before), focus: () => back([topic, 'follow-level']) }))
  const [verb, does, done] = follow.muted === 'no' ? ['Unfollow', () => drop(topic), `You no longer follow ${name}.`] : unmute(follow)
  const remove = item.querySelector('.follow-remove')
  remove.textContent = verb
  remove.setAttribute('aria-label', `${verb} ${name}`)
  remove.addEventListener('click', () => act(does, done, { back: () => put(topic, before), focus: () => back([topic, 'follow-remove']) }))
  return item
}

// unmute brings back the level from before. Without one the outage is heard of
// through its apps, as it was.
function unmute({ topic, level }) {
  const done = level ? `You follow it again: ${levels[level]}.` : 'You’ll get its alerts through the apps you follow.'
  return ['Unmute', () => put(topic, { muted: 'no' }), `Unmuted. ${done}`]
}

function endedRow(follow) {
  const { topic, name, ends_at } = follow
  const item = filled('ended-row', follow)
  const silent = follow.muted !== 'no'
  item.querySelector('.ended-words').append('Resolved. You’ll be unfollowed on ', time(ends_at, 'moment'),
    silent ? '. It stays muted until then.' : '. Until then you get only corrections.')
  const remove = item.querySelector('.follow-remove')
  remove.setAttribute('aria-label', `End now: ${name}`)
  remove.addEventListener('click', () => act(() => drop(topic), `You no longer follow ${name}.`,
    { back: () => put(topic, stateOf(follow)), focus: () => back([topic, 'follow-remove']) }))
  return item
}

function filled(template, { topic, name }) {
  const [kind, slug] = topic.split('/')
  const item = find(template).content.cloneNode(true).firstElementChild
  item.dataset.topic = topic
  Object.assign(item.querySelector('a'), { textContent: name, href: `${base}/${kind}s/${slug}` })
  return item
}

// about says what it is, and how it is now.
function about({ topic, state }) {
  const kind = topic.split('/')[0]
  const words = [kinds[kind] ?? kind]
  if (states[state]) words.push(' ', element('span', { className: `state state-${state}`, textContent: states[state] }))
  if (state === 'ongoing') words.push(' ', element('span', { className: 'is-ongoing', textContent: 'Ongoing' }))
  return words
}

// put and drop leave it to their caller to ask what there is then.
const put = async (topic, setting) => { await setFollow(topic, setting) }
const drop = async topic => { await unfollow(topic) }

// where is the row and the control that the keyboard is at.
function where() {
  const control = document.activeElement
  const topic = control?.closest('[data-topic]')?.dataset.topic
  return topic && [topic, control.classList.contains('follow-level') ? 'follow-level' : 'follow-remove']
}

function back([topic, control]) {
  const row = find('preferences').querySelector(`[data-topic="${CSS.escape(topic)}"]`)
  const focus = row ? row.querySelector(`.${control}`) : find('follows-heading')
  focus?.focus()
}
