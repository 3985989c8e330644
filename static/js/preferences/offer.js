// What a notification's action asked for, in browsers that only follow links:
// #mute=outage/<slug>, #hush=outage/<slug> and #follow=app/<slug>.

import { stateOf } from '../level.js'
import { setFollow, unfollow } from '../subscription.js'
import { act } from './change.js'
import { find, mine } from './mine.js'

const offers = {
  mute: {
    kind: 'outage', setting: { muted: 'for_good' }, take: 'Mute it', leave: 'Keep its alerts', title: 'Mute this outage?',
    words: name => `You will hear no more of ${name ?? 'this outage'}, not even through its apps. Other outages are not touched.`,
    done: 'Muted. You will hear no more of this outage.',
  },
  hush: {
    kind: 'outage', setting: { muted: 'until_resolution' }, take: 'Tell me only then', leave: 'Keep its alerts', title: 'Only when it’s back?',
    words: name => `You will hear of ${name ?? 'this outage'} once more: when it is over. That holds through its apps, too.`,
    done: 'You will hear of this outage once more: when it is over.',
  },
  follow: {
    kind: 'app', setting: { level: 'all' }, take: 'Follow it', leave: 'Not now', title: 'Follow this app?',
    words: name => `You will hear of each outage of ${name ?? 'this app'} as it begins, and when it is over.`,
    done: 'You follow it. You will hear when its next outage begins.',
  },
}

// showOffer waits until it is known what this browser follows.
export function showOffer() {
  const [offer, topic] = mine() === undefined ? [] : asked()
  find('offer').hidden = !offer
  if (!offer) return
  const known = followOf(topic)
  const nothing = !mine() ? 'This browser gets no notifications from Newsbell, so there is nothing to change here.'
    : known && (offer === offers.follow || known.muted === offer.setting.muted) ? 'That is so already. You can change it below.' : ''
  find('offer-heading').textContent = offer.title
  find('offer-words').textContent = nothing || offer.words(known && `“${known.name}”`)
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

const followOf = topic => mine()?.follows.find(follow => follow.topic === topic)

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
