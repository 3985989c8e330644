// Takes screenshots of every page and state, at phone and desktop size, light and dark,
// of a notification, and of an overview: a reader's page, the newsroom and a notification
// together. It writes them into the folder named on the command line, or e2e/output.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startChromium } from './lib/chromium.mjs'
import { follow, startFirefox } from './lib/firefox.mjs'
import { fill, password, submit } from './lib/forms.mjs'
import { startNewsbell, until } from './lib/newsbell.mjs'
import { followThere, openPage, preferences, said, subscribe } from './lib/reader.mjs'
import { endShared } from './lib/shared.mjs'

process.env.NEWSBELL_SUBSCRIBE_LIMIT = '0'
const folder = process.argv[2] ?? new URL('output/', import.meta.url).pathname
const story = JSON.parse(await readFile(new URL('../cmd/newsbell/lab/coverage/outage-2021-11-03.json', import.meta.url)))
const ends = []
const t = { after: end => ends.unshift(end) }

try {
  await mkdir(folder, { recursive: true })
  const newsbell = await startNewsbell(t, { empty: true })
  await cover(newsbell, story.updates.slice(0, -2))
  await pages(newsbell)
  await notification(newsbell)
  await overview()
} finally {
  for (const end of ends) await end()
  await endShared()
}

// cover publishes the coverage of the real outage.
async function cover(newsbell, updates) {
  for (const app of story.apps) await newsbell.post('/apps', app)
  const { slug, headline, standfirst, apps, began_at } = story.outage
  await newsbell.post('/outages', { slug, headline, standfirst, apps, began_at })
  newsbell.slug = slug
  for (const { at, ...update } of updates) await newsbell.publish(update)
}

async function pages(newsbell) {
  const context = await startChromium(t)
  const page = await openPage(context, newsbell)
  await page.goto(newsbell.url + '/editor')
  await page.type('#token', newsbell.token)
  await Promise.all([page.waitForNavigation(), page.click('form[action="/editor/sign-in"] button')])
  const paths = { front: '/', live: `/outages/${newsbell.slug}`, app: '/apps/messenger', stranger: '/preferences', editor: `/editor/outages/${newsbell.slug}` }
  for (const [name, path] of Object.entries(paths)) {
    await page.goto(newsbell.url + path, { waitUntil: 'load' })
    await picture(page, name)
  }
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click('.follow-button')
  await picture(page, 'follow')
  await followThere(page, newsbell.page, { topics: ['outage/' + newsbell.slug, 'app/messenger', 'app/instagram'], level: 'key' })
  await picture(page, 'following')
  await changedPreferences(page, newsbell)
  await writing(page, newsbell)
  await watching(page, newsbell)
  await people(page, newsbell)
}

// watching is an alert to some thousand readers, after others of about the same size. A push
// service does not accept it for some of them.
async function watching(page, newsbell) {
  const slug = 'calls-down'
  await newsbell.post('/outages', { slug, headline: 'Calls fail too', apps: ['messenger'] })
  const follow = (n, status) => Promise.all(Array.from({ length: n }, () => subscribe(newsbell, `outage/${slug}`, status)))
  const send = headline => newsbell.post(`/outages/${slug}/updates`, { kind: 'update', headline, alert: 'all', undo_seconds: 0 })
  for (let hundreds = 0; hundreds < 30; hundreds++) await follow(100)
  for (const headline of ['Calls are failing', 'Calls fail in more countries']) {
    const { alert } = await send(headline)
    await until(async () => (await newsbell.get(`/alerts/${alert.id}`)).state === 'sent', headline)
  }
  await follow(40, 503)
  const { alert } = await send('Meta says calls are coming back')
  await page.goto(`${newsbell.url}/editor/alerts/${alert.id}`)
  await page.waitForSelector('.trouble')
  await page.waitForFunction(() => document.querySelector('[data-count=remaining]').textContent === '0')
  await picture(page, 'watching', { fullPage: true })
  await newsbell.post(`/alerts/${alert.id}/stop`)
}

// people are the newsroom's pages about people.
async function people(page, newsbell) {
  await page.goto(newsbell.firstAccount)
  await fill(page, { name: 'Ada Lovelace', email: 'ada@news.example', password })
  await picture(page, 'join', { fullPage: true })
  await submit(page, new URL(newsbell.firstAccount).pathname)
  await sending(page, newsbell)
  for (const email of ['grace@news.example', 'bob@news.example']) {
    await page.goto(newsbell.url + '/editor/people')
    await fill(page, { email })
    await submit(page, '/people/invitations')
  }
  await picture(page, 'link')
  await page.goto(newsbell.url + '/editor/tokens')
  await fill(page, { name: 'CMS' })
  await page.$eval('#expires', field => { field.value = '2027-06-30' })
  await submit(page, '/editor/tokens')
  await picture(page, 'token')
  for (const [name, path] of Object.entries({ people: '/people', person: '/people/1', account: '/account', tokens: '/tokens', policy: '/policy', desk: '', 'new-outage': '/new-outage', apps: '/apps' })) {
    await page.goto(newsbell.url + '/editor' + path)
    await picture(page, name, { fullPage: true })
  }
  await submit(page, '/editor/sign-out')
  await fill(page, { email: 'ada@news.example', password: 'wrong' })
  await submit(page, '/editor/sign-in')
  await picture(page, 'sign-in')
}

// sending is what an editor sees before an alert goes out.
async function sending(page, newsbell) {
  await page.goto(`${newsbell.url}/editor/outages/calls-down`)
  await fill(page, {
    'field-headline': 'Calls connect again for most people, Meta says',
    'field-body': 'The company says that **video calls** may still drop for some hours.',
  })
  await page.click('[name=alert][value=all]')
  await page.click('.cut-offs summary')
  await page.waitForFunction(() => document.querySelector('.shown-in [data-part=title]').textContent !== '')
  await page.waitForFunction(() => document.querySelector('.reach [data-part=readers]').textContent !== '–')
  await picture(page, 'composer', { fullPage: true })
  await submit(page, '/updates', '[value=preview]')
  await picture(page, 'confirmation', { fullPage: true })
}

// writing is the newsroom while an editor writes the resolution.
async function writing(page, newsbell) {
  const { headline, body } = story.updates.at(-1)
  await page.goto(`${newsbell.url}/editor/outages/${newsbell.slug}`)
  await page.click('[name=kind][value=resolution]')
  await page.type('#field-headline', headline)
  await page.type('#field-body', body)
  await page.evaluate(() => document.activeElement.blur())
  await picture(page, 'writing')
}

// changedPreferences shows the preferences of a reader who has changed some.
async function changedPreferences(page, newsbell) {
  const { at, ...update } = story.updates.at(-2)
  await newsbell.publish({ ...update, alert: 'key' })
  await preferences(page, newsbell)
  await page.click('#quiet-on')
  await said(page, 'Quiet hours')
  await page.$eval('#cap [value="3"]', input => input.click()) // the message covers it
  await said(page, 'At most 3')
  await page.select('.follow-level', 'resolution')
  await said(page, 'Only when it’s back')
  await picture(page, 'preferences', { fullPage: true })
  await page.click('#test-send')
  await page.waitForSelector('[data-check=screen][data-state=broken]', { timeout: 240_000 })
  await page.waitForSelector('#message', { hidden: true })
  await picture(page, 'test', { at: '#test' })
}

// picture takes a screenshot at both sizes in both schemes, of the full page or from a
// part on.
async function picture(page, name, { fullPage = false, at } = {}) {
  for (const width of [390, 1280])
    for (const scheme of ['light', 'dark']) {
      await page.setViewport({ width, height: width === 390 ? 844 : 900, deviceScaleFactor: width === 390 ? 2 : 1 })
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      if (at) await page.$eval(at, part => part.scrollIntoView({ behavior: 'instant' }))
      await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage })
    }
}

// notification follows in Firefox and takes a screenshot of the notification.
async function notification(newsbell) {
  const firefox = await startFirefox(t)
  const page = await firefox.open(newsbell.page)
  await follow(page, { topics: ['outage/' + newsbell.slug], level: 'key' })
  const { at, ...last } = story.updates.at(-1)
  await newsbell.publish(last)
  await firefox.window(last.headline)
  await writeFile(join(folder, 'notification.png'), await firefox.picture(last.headline))
}

// overview shows a reader's page, the newsroom and a notification side by side, without
// the pages' scroll bars.
async function overview() {
  const page = await (await startChromium(t)).newPage()
  const url = async name => `data:image/png;base64,${await readFile(join(folder, name + '.png'), 'base64')}`
  await page.setViewport({ width: 1600, height: 940 })
  await page.setContent(`<style>
    body { margin: 0; background: #e7e3da }
    img { position: absolute; object-fit: cover; object-position: left top; border-radius: 12px; box-shadow: 0 2px 6px #0003, 0 20px 50px #0004 }
    .reader { left: 60px; top: 60px; width: 366px; height: 820px; border-radius: 24px }
    .newsroom { right: 60px; top: 60px; width: 1047px; height: 745px }
    .notification { right: 30px; bottom: 40px; width: 440px }
  </style>
  <img class="reader" src="${await url('live-390-light')}">
  <img class="newsroom" src="${await url('writing-1280-light')}">
  <img class="notification" src="${await url('notification')}">`, { waitUntil: 'load' })
  await page.screenshot({ path: join(folder, 'overview.webp'), type: 'webp', quality: 85 })
}
