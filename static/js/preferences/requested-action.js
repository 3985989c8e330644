// What a notification's action asked for, in browsers that only follow links:
// #mute=outage/<slug>, #mute-until-resolution=outage/<slug> and #follow=app/<slug>.

import { stateOf } from '../reader/level.js'
import { setFollow, unfollow } from '../reader/subscription.js'
import { act } from './change.js'
import { find, known } from './settings.js'

const actions = {
  mute: {
    kind: 'outage', setting: { muted: 'for_good' }, confirm: 'Mute it', cancel: 'Keep its alerts on', title: 'Mute this outage?',
    text: name => `You won’t get any more alerts about ${name ?? 'this outage'}, including through its apps. Other outages are not affected.`,
    done: 'Muted. You won’t get any more alerts about this outage.',
  },
  'mute-until-resolution': {
    kind: 'outage', setting: { muted: 'until_resolution' }, confirm: 'Only when it’s back', cancel: 'Keep its alerts on', title: 'Only when it’s back?',
    text: name => `You’ll get one more alert about ${name ?? 'this outage'}, when it is over. This includes alerts through its apps.`,
    done: 'You’ll get one more alert about this outage, when it is over.',
  },
  follow: {
    kind: 'app', setting: { level: 'all' }, confirm: 'Follow it', cancel: 'Not now', title: 'Follow this app?',
    text: name => `You’ll get an alert when an outage of ${name ?? 'this app'} begins and when it is over.`,
    done: 'Following. You’ll get an alert when its next outage begins.',
  },
}

// Notifications that an older service worker showed name an action differently.
const renamed = { hush: 'mute-until-resolution' }

// showRequestedAction asks the reader to confirm the action in the address, once it is
// known what this browser follows.
export function showRequestedAction() {
  const [action, topic] = known() === undefined ? [] : requested()
  find('requested-action').hidden = !action
  if (!action) return
  const follow = followOf(topic)
  const nothing = !known() ? 'This browser doesn’t get notifications from Newsbell, so there is nothing to change.'
    : follow && (action === actions.follow || follow.muted === action.setting.muted) ? 'This is already set. You can change it below.' : ''
  find('requested-heading').textContent = action.title
  find('requested-text').textContent = nothing || action.text(follow && `“${follow.name}”`)
  find('requested-confirm').textContent = action.confirm
  find('requested-confirm').hidden = Boolean(nothing)
  find('requested-cancel').textContent = nothing ? 'Close' : action.cancel
  find('requested-heading').focus()
}

// requested returns the action in the address and its topic, or nothing.
function requested() {
  const [, name, topic] = location.hash.match(/^#(mute|mute-until-resolution|hush|follow)=((?:outage|app)\/[a-z0-9-]+)$/) ?? []
  const action = actions[renamed[name] ?? name]
  return action && topic.startsWith(`${action.kind}/`) ? [action, topic] : []
}

const followOf = topic => known()?.follows.find(follow => follow.topic === topic)

function close() {
  history.replaceState(null, '', location.pathname)
  find('requested-action').hidden = true
  find('follows-heading').focus()
}

find('requested-cancel').addEventListener('click', close)
find('requested-confirm').addEventListener('click', async () => {
  const [action, topic] = requested()
  const before = followOf(topic)
  const undo = async () => { await (before ? setFollow(topic, stateOf(before)) : unfollow(topic)) }
  if (await act(async () => { await setFollow(topic, action.setting) }, action.done, { undo })) close()
})
