// What this browser follows, and at which level.

import { time } from '../page/local-time.js'
import { element } from '../page/element.js'
import { base } from '../page/site.js'
import { choiceOf, levels, settingOf, stateOf } from '../reader/level.js'
import { expired } from '../reader/synchronize.js'
import { setFollow, unfollow } from '../reader/subscription.js'
import { act } from './change.js'
import { find } from './settings.js'

const kinds = { outage: 'Outage', app: 'App' }
const states = { failing: 'Failing', recovering: 'Recovering', up: 'Up', retired: 'Not covered any more' }

export function showFollows(subscription) {
  const follows = subscription?.follows ?? []
  const focused = focusedControl()
  find('follows').replaceChildren(...follows.filter(({ ends_at }) => !ends_at).map(row))
  find('ended-follows').replaceChildren(...follows.filter(({ ends_at }) => ends_at).map(endedRow))
  find('ended').hidden = find('ended-follows').children.length === 0
  find('follows-empty').hidden = follows.length > 0
  find('follows-empty').replaceChildren(expired ? `${expired} Open an ` : 'You don’t follow anything yet. Open an ',
    element('a', { href: base + '/', textContent: 'outage or an app' }), ' and press Follow to get notified when it changes, or only when it is back.')
  if (focused) focusControl(focused)
}

function row(follow) {
  const { topic, name } = follow
  const before = stateOf(follow)
  const item = filled('follow-row', follow)
  item.querySelector('.follow-kind').append(...about(follow))
  const select = item.querySelector('.follow-level')
  if (!topic.startsWith('outage/')) for (const value of ['until_resolution', 'for_good']) select.querySelector(`[value=${value}]`).remove()
  select.value = choiceOf(follow)
  select.setAttribute('aria-label', `Alerts about ${name}`)
  select.addEventListener('change', () => act(() => put(topic, settingOf(select.value)), `${name}: ${select.selectedOptions[0].text}.`,
    { undo: () => put(topic, before), focus: () => focusControl([topic, 'follow-level']) }))
  const [verb, run, done] = follow.muted === 'no' ? ['Unfollow', () => drop(topic), `You no longer follow ${name}.`] : unmute(follow)
  const remove = item.querySelector('.follow-remove')
  remove.textContent = verb
  remove.setAttribute('aria-label', `${verb} ${name}`)
  remove.addEventListener('click', () => act(run, done, { undo: () => put(topic, before), focus: () => focusControl([topic, 'follow-remove']) }))
  return item
}

// unmute restores the level from before the mute. Without one, the reader gets the
// outage's alerts through the apps that they follow, as before.
function unmute({ topic, level }) {
  const done = level ? `You follow it again: ${levels[level]}.` : 'You’ll get its alerts through the apps you follow.'
  return ['Unmute', () => put(topic, { muted: 'no' }), `Unmuted. ${done}`]
}

function endedRow(follow) {
  const { topic, name, ends_at } = follow
  const item = filled('ended-row', follow)
  const silent = follow.muted !== 'no'
  item.querySelector('.ended-words').append('You’ll be unfollowed on ', time(ends_at, 'moment'),
    silent ? '. It stays muted until then.' : '. Until then you get only corrections.')
  const remove = item.querySelector('.follow-remove')
  remove.setAttribute('aria-label', `End now: ${name}`)
  remove.addEventListener('click', () => act(() => drop(topic), `You no longer follow ${name}.`,
    { undo: () => put(topic, stateOf(follow)), focus: () => focusControl([topic, 'follow-remove']) }))
  return item
}

function filled(template, { topic, name }) {
  const [kind, slug] = topic.split('/')
  const item = find(template).content.cloneNode(true).firstElementChild
  item.dataset.topic = topic
  Object.assign(item.querySelector('a'), { textContent: name, href: `${base}/${kind}s/${slug}` })
  return item
}

// about returns the kind of the topic and its current state.
function about({ topic, state }) {
  const kind = topic.split('/')[0]
  const parts = [kinds[kind] ?? kind]
  if (states[state]) parts.push(' ', element('span', { className: `state state-${state}`, textContent: states[state] }))
  if (state === 'ongoing') parts.push(' ', element('span', { className: 'is-ongoing', textContent: 'Ongoing' }))
  return parts
}

// put and drop return nothing, so that act reads the subscription again.
const put = async (topic, setting) => { await setFollow(topic, setting) }
const drop = async topic => { await unfollow(topic) }

// focusedControl returns the topic and the control that have the keyboard focus.
function focusedControl() {
  const control = document.activeElement
  const topic = control?.closest('[data-topic]')?.dataset.topic
  return topic && [topic, control.classList.contains('follow-level') ? 'follow-level' : 'follow-remove']
}

function focusControl([topic, control]) {
  const row = find('preferences').querySelector(`[data-topic="${CSS.escape(topic)}"]`)
  const target = row ? row.querySelector(`.${control}`) : find('follows-heading')
  target?.focus()
}
