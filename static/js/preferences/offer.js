// What a notification's action asked for, in browsers that only follow links:
// #mute=outage/<slug>, #hush=outage/<slug> and #follow=app/<slug>.

import { stateOf } from '../reader/level.js'
import { setFollow, unfollow } from '../reader/subscription.js'
import { act } from './change.js'
import { find, known } from './settings.js'

const offers = {
  mute: {
    kind: 'outage', setting: { muted: 'for_good' }, take: 'Mute it', leave: 'Keep its alerts on', title: 'Mute this outage?',
    words: name => `You won’t get any more alerts about ${name ?? 'this outage'}, including through its apps. Other outages are not affected.`,
    done: 'Muted. You won’t get any more alerts about this outage.',
  },
  hush: {
    kind: 'outage', setting: { muted: 'until_resolution' }, take: 'Only when it’s back', leave: 'Keep its alerts on', title: 'Only when it’s back?',
    words: name => `You’ll get one more alert about ${name ?? 'this outage'}, when it is over. This includes alerts through its apps.`,
    done: 'You’ll get one more alert about this outage, when it is over.',
  },
  follow: {
    kind: 'app', setting: { level: 'all' }, take: 'Follow it', leave: 'Not now', title: 'Follow this app?',
    words: name => `You’ll get an alert when an outage of ${name ?? 'this app'} begins and when it is over.`,
    done: 'Following. You’ll get an alert when its next outage begins.',
  },
}

// showOffer waits until it is known what this browser follows.
export function showOffer() {
  const [offer, topic] = known() === undefined ? [] : asked()
  find('offer').hidden = !offer
  if (!offer) return
  const follow = followOf(topic)
  const nothing = !known() ? 'This browser doesn’t get notifications from Newsbell, so there is nothing to change.'
    : follow && (offer === offers.follow || follow.muted === offer.setting.muted) ? 'This is already set. You can change it below.' : ''
  find('offer-heading').textContent = offer.title
  find('offer-words').textContent = nothing || offer.words(follow && `“${follow.name}”`)
  find('offer-take').textContent = offer.take
  find('offer-take').hidden = Boolean(nothing)
  find('offer-leave').textContent = nothing ? 'Close' : offer.leave
  find('offer-heading').focus()
}

// asked is the offer and its topic, if the address asks for one.
function asked() {
  const [, name, topic] = location.hash.match(/^#(mute|hush|follow)=((?:outage|app)\/[a-z0-9-]+)$/) ?? []
  const offer = offers[name]
  return offer && topic.startsWith(`${offer.kind}/`) ? [offer, topic] : []
}

const followOf = topic => known()?.follows.find(follow => follow.topic === topic)

function close() {
  history.replaceState(null, '', location.pathname)
  find('offer').hidden = true
  find('follows-heading').focus()
}

find('offer-leave').addEventListener('click', close)
find('offer-take').addEventListener('click', async () => {
  const [offer, topic] = asked()
  const before = followOf(topic)
  const back = async () => { await (before ? setFollow(topic, stateOf(before)) : unfollow(topic)) }
  if (await act(async () => { await setFollow(topic, offer.setting) }, offer.done, { back })) close()
})
