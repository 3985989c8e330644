import assert from 'node:assert/strict'
import { test } from 'node:test'
import { follow, startFirefox } from './lib/firefox.mjs'
import { startNewsbell, until } from './lib/newsbell.mjs'
import { preferences } from './lib/reader.mjs'

const outage = ['outage/messages-down']

async function reader(t, choice) {
  const newsbell = await startNewsbell(t)
  const firefox = await startFirefox(t)
  const page = await firefox.open(newsbell.page)
  await follow(page, choice)
  return { newsbell, firefox, page }
}

// counted waits until the alert has counted one receipt of an event.
const counted = (newsbell, { alert }, event) =>
  until(async () => (await newsbell.get(`/alerts/${alert.id}`)).counts[event] === 1, `${event} is counted`)

const levelOf = (page, topic) => page.$eval(`[data-topic="${topic}"] .follow-level`, select => select.value)

test('an alert counts who saw and opened it, and the preferences list it', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage })
  const published = await newsbell.publish({ headline: 'Messages are failing' })
  await firefox.window('Messages are failing')
  await counted(newsbell, published, 'shown')
  await page.goto('about:blank')
  await firefox.click('Messages are failing')
  await counted(newsbell, published, 'clicked')
  await firefox.browser.waitForTarget(target => target.url() === `${newsbell.page}#update-${published.id}`)

  await preferences(page, newsbell)
  const row = await page.waitForSelector(`.alert-row[data-alert="${published.alert.id}"]`)
  const steps = await row.$$eval('.steps > div', steps => steps.map(step => [step.querySelector('dt').textContent, step.querySelector('dd').textContent]))
  assert.deepEqual(steps.map(([name]) => name), ['Published', 'Push service', 'Opened here'])
  assert.match(steps[2][1], /^\d\d:\d\d:\d\d$/)
})

test('after three dismissed alerts of an outage, a reader can choose to get only its resolution', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: [...outage, 'app/messenger'] })
  for (const headline of ['First', 'Second', 'Third']) {
    const published = await newsbell.publish({ headline, apps: ['messenger'] })
    const shown = await firefox.notification(newsbell.url, headline)
    assert.deepEqual(shown.actions.map(({ name }) => name), ['open', 'mute'])
    await firefox.window(headline)
    await firefox.dismiss(headline)
    await counted(newsbell, published, 'dismissed')
  }
  await newsbell.publish({ headline: 'Fourth', apps: ['messenger'] })
  const { actions } = await firefox.notification(newsbell.url, 'Fourth')
  assert.deepEqual(actions[1], { name: 'mute-until-resolution', title: 'Only when it’s back' })
  await firefox.window('Fourth')
  await firefox.act('Fourth', 'mute-until-resolution')
  await until(async () => {
    await preferences(page, newsbell)
    return await levelOf(page, outage[0]) === 'until_resolution'
  }, 'the outage is muted until its resolution')
  const { alert } = await newsbell.publish({ headline: 'Fifth', apps: ['messenger'] })
  assert.equal(alert.counts.audience, 0)
  await newsbell.publish({ kind: 'resolution', headline: 'Resolved: messages are back', states: { messenger: 'up', instagram: 'up' } })
  await firefox.notification(newsbell.url, 'Resolved: messages are back')
})

test('a notification that is replaced or clicked does not count as dismissed', async t => {
  const { newsbell, firefox } = await reader(t, { topics: outage })
  const first = await newsbell.publish({ headline: 'First' })
  await firefox.window('First')
  const second = await newsbell.publish({ headline: 'Second' })
  await firefox.window('Second')
  await firefox.click('Second')
  await counted(newsbell, second, 'clicked')
  const { counts } = await newsbell.get(`/alerts/${first.alert.id}`)
  assert.equal(counts.dismissed, 0)
  assert.equal((await newsbell.get(`/alerts/${second.alert.id}`)).counts.dismissed, 0)
})

test('an alert that is sent twice replaces itself, and is dismissed once', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage })
  const published = await newsbell.publish({ headline: 'Once' })
  await firefox.window('Once')
  const { navigate, ...data } = await page.evaluate(async () => {
    const [{ data }] = await (await navigator.serviceWorker.ready).getNotifications({ tag: 'outage/messages-down' })
    return data
  })
  await firefox.push(newsbell.url, { web_push: 8030, notification: { title: 'Twice', navigate, tag: 'outage/messages-down', data } })
  await firefox.window('Twice')
  await firefox.dismiss('Twice')
  await counted(newsbell, published, 'dismissed')
  const { count } = await page.evaluate(() => database('newsbell-alerts', 'alerts', 'dismissals').dismissals.get('messages-down'))
  assert.equal(count, 1)
})

test('a resolution offers to follow the app, at the outage’s level', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage, level: 'key' })
  await newsbell.publish({ kind: 'resolution', headline: 'All is back', states: { messenger: 'up', instagram: 'up' } })
  const { actions } = await firefox.notification(newsbell.url, 'All is back')
  assert.deepEqual(actions[0], { name: 'follow', title: 'Follow Instagram' })
  await firefox.window('All is back')
  await firefox.act('All is back', 'follow')
  await until(async () => (await newsbell.rows()).follows === 2, 'the app is followed')
  await preferences(page, newsbell)
  assert.equal(await levelOf(page, 'app/instagram'), 'key')
})

test('an action that fails opens the preferences with the same action', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage })
  await newsbell.publish({ headline: 'Loud' })
  await firefox.window('Loud')
  await page.evaluate(() => secretStore.set('a secret that nobody knows'))
  await firefox.act('Loud', 'mute')
  await firefox.browser.waitForTarget(target => target.url() === `${newsbell.url}/preferences#mute=outage/messages-down`)
})
