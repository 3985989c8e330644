import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addDevice, startChromium } from './lib/chromium.mjs'
import { startFirefox } from './lib/firefox.mjs'
import { fill, join, password, submit } from './lib/forms.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { followThere, openPage, preferences, subscribe } from './lib/reader.mjs'

const editorName = 'Robert Alexander Featherstonehaugh' // too long for a phone

test('the printed link makes a chief, who invites an editor, who publishes until the chief removes them', async t => {
  const newsbell = await startNewsbell(t)
  const chief = await (await startFirefox(t)).open(newsbell.url)
  await join(chief, newsbell.firstAccount, { name: 'Ada', email: 'ada@news.example' })
  assert.equal(path(chief), '/editor')
  await submit(chief, '/editor/sign-out')
  await fill(chief, { email: 'Ada@News.Example', password })
  await chief.click('[data-reveals]')
  assert.equal(await chief.$eval('#password', field => field.type), 'text')
  await submit(chief, '/editor/sign-in')
  assert.equal(await chief.$eval('.actor', e => e.textContent), 'Ada')

  await chief.goto(`${newsbell.url}/editor/people`)
  await fill(chief, { email: 'bob@news.example' })
  await submit(chief, '/people/invitations')
  await chief.click('[data-copy]')
  await chief.waitForFunction(() => document.querySelector('#copied').textContent === 'Copied.')
  const link = await chief.$eval('#link', field => field.value)

  const editor = await (await startChromium(t)).newPage() // on a phone
  await editor.setViewport({ width: 390, height: 844 })
  await editor.goto(link)
  await fits(editor)
  await join(editor, link, { name: editorName })
  assert.equal(await editor.$('[href="/editor/people"]'), null)
  await editor.goto(`${newsbell.url}/editor/account`)
  await fits(editor)
  assert.match(await editor.$eval('.rows', e => e.textContent), /Chrome on Linux\s+this browser/)
  await openOutage(editor, newsbell)
  await editor.goto(`${newsbell.url}/editor/outages/messages-down`)
  await chief.goto(`${newsbell.url}/editor/outages/messages-down`)
  assert.equal(await text(chief, '.presence'), 'Nobody else is writing about this now.')
  await editor.type('#field-headline', 'Messages fail')
  await hasPresence(chief, 'is writing too')
  await editor.click('[name=alert][value=none]')
  await submit(editor, '/updates', '[value=preview]')
  await fits(editor)
  await submit(editor, '/updates', '[value=publish]')
  assert.equal(await editor.$eval('.sent h3', e => e.textContent), 'Messages fail')
  await hasPresence(chief, 'published “Messages fail”')

  await followThere(await openPage(editor.browserContext(), newsbell), newsbell.page, { topics: ['outage/messages-down'] })
  await editor.bringToFront()
  await needSecondPerson(chief, newsbell)
  await sendAndUndo(editor, chief, newsbell)
  await watchAndStop(editor, newsbell)

  await chief.goto(`${newsbell.url}/editor/tokens`)
  await fill(chief, { name: 'CMS' })
  await submit(chief, '/tokens')
  assert.match(await chief.$eval('#secret', field => field.value), /^newsbell_/)

  await chief.goto(`${newsbell.url}/editor/people`)
  await Promise.all([chief.waitForNavigation(), chief.click(`xpath///a[text()="${editorName}"]`)])
  await submit(chief, '/remove')
  assert.equal(path(chief), '/editor/people')
  await editor.type('#field-headline', 'More')
  await editor.click('[name=alert][value=none]')
  await submit(editor, '/updates', '[value=preview]')
  assert.equal(path(editor), '/editor/sign-in')
  await chief.goto(`${newsbell.url}/editor/outages/messages-down`)
  const published = await chief.$$eval('.published h3', all => all.map(({ textContent }) => textContent))
  assert.equal(published.at(-1), 'Messages fail')
  assert.ok(!published.includes('More'))
})

// hasPresence waits until an open page says who is at work on the outage.
function hasPresence(page, words) {
  return page.waitForFunction(words => document.querySelector('.presence').textContent.includes(words), {}, words)
}

async function needSecondPerson(chief, newsbell) {
  await chief.goto(`${newsbell.url}/editor/policy`)
  await chief.click('[name=key_moments]')
  await submit(chief, '/editor/policy')
  assert.equal(await text(chief, '[role=status]'), 'Saved.')
}

// sendAndUndo lets the chief approve what the editor has written, who sends it, undoes it and
// sends it again.
async function sendAndUndo(editor, chief, newsbell) {
  await editor.type('#field-headline', 'Photos fail too')
  await editor.click('[name=alert][value=key]')
  await submit(editor, '/updates', '[value=preview]')
  assert.equal(await text(editor, 'h1'), 'Send to 1 reader now?')
  assert.match(await text(editor, '.need'), /A key moment needs a second person/)
  assert.equal(await editor.$('[value=publish]'), null)
  await fits(editor)
  await submit(editor, '/updates', '[value=ask]')
  await fits(editor)
  const approval = path(editor)

  await chief.goto(`${newsbell.url}/editor`)
  await Promise.all([chief.waitForNavigation(), chief.click('xpath///a[text()="Photos fail too"]')])
  assert.equal(path(chief), approval)
  await submit(chief, '/approve')

  await editor.reload()
  await submit(editor, '/updates', '[value=preview]')
  await submit(editor, '/updates', '[value=publish]')
  await fits(editor)
  assert.match(await text(editor, '.held .countdown'), /Not sent yet/)
  await submit(editor, '/stop')
  assert.equal(await headline(editor), 'Photos fail too')
  assert.doesNotMatch(await (await fetch(newsbell.page)).text(), /Photos fail too/)
  await submit(editor, '/updates', '[value=preview]') // the same text is still approved
  await submit(editor, '/updates', '[value=publish]')
  assert.equal(await text(editor, '.held h3'), 'Photos fail too')
}

// watchAndStop watches the alert in its undo window until it is sent, and meanwhile stops
// another that a push service does not accept for everybody.
async function watchAndStop(editor, newsbell) {
  await Promise.all([editor.waitForNavigation(), editor.click('.held a')])
  const held = editor.url()
  assert.equal(await text(editor, '[data-part=state]'), 'Undo window: nothing has been sent')
  assert.equal(await text(editor, '[data-part=stop] button'), 'Undo')

  await subscribe(newsbell, 'outage/stories-fail')
  await subscribe(newsbell, 'outage/stories-fail', 500)
  const { alert } = await newsbell.post('/outages/stories-fail/updates', { kind: 'update', headline: 'Stories fail', alert: 'all', undo_seconds: 0 })
  await editor.goto(`${newsbell.url}/editor/alerts/${alert.id}`)
  await editor.waitForFunction(() => document.querySelector('.trouble')?.textContent.includes('does not answer or has a fault: 1 waits.'))
  await editor.waitForSelector('.plot canvas')
  await fits(editor)
  assert.equal(await text(editor, '[data-count=accepted]'), '1')
  await submit(editor, '/stop')
  await watched(editor, 'Stopped: accepted for 1 of 2 readers, not sent to 1')
  assert.equal(await editor.$('[data-part=stop]:not([hidden])'), null)

  await editor.goto(held)
  await watched(editor, 'Sent: accepted for 1 of 1 reader')
  assert.match(await text(editor, '.figures tbody tr'), /50%.*\d\d:\d\d:\d\d/s)
  await editor.goto(`${newsbell.url}/editor/outages/messages-down`)
}

// watched waits until the page of an alert says what it is doing.
function watched(page, words) {
  return page.waitForFunction(words => document.querySelector('[data-part=state]').textContent === words, {}, words)
}

// openOutage opens an outage in the newsroom, and corrects its headline.
async function openOutage(page, newsbell) {
  await page.goto(`${newsbell.url}/editor/new-outage`)
  await fits(page)
  await fill(page, { headline: 'Stories fail' })
  await submit(page, '/editor/outages', 'button')
  assert.match(await page.$eval('#problem-apps', e => e.textContent), /at least one app/)
  await page.click('[name=apps][value=instagram]')
  await submit(page, '/editor/outages', 'button')
  assert.equal(path(page), '/editor/outages/stories-fail')
  await page.goto(`${newsbell.url}/editor/outages/stories-fail/edit`)
  await fits(page)
  await fill(page, { headline: 'Many ' })
  await submit(page, '/edit', 'button')
  await page.goto(`${newsbell.url}/editor`)
  await fits(page)
  assert.match(await page.$eval('.outage-line', e => e.textContent), /Many Stories fail[^]*0 followers[^]*No alert yet/)
}

test('a passkey that is added after an invitation signs in alone, until it is removed', async t => {
  const newsbell = await startNewsbell(t, { host: 'localhost' })
  const page = await (await startChromium(t)).newPage()
  await page.setViewport({ width: 390, height: 844 })
  await addDevice(page)
  await join(page, newsbell.firstAccount, { name: 'Ada', email: 'ada@news.example' })
  assert.equal(path(page), '/editor/account/welcome')
  await fits(page)
  await submit(page, '/account/passkeys')
  assert.equal(await page.$eval('.notice', e => e.textContent), 'The passkey is added. Next time, sign in with it.')
  assert.match(await page.$eval('section[aria-labelledby=passkeys-heading]', e => e.textContent), /Chrome on Linux\s+Added.*Never used/s)
  await fits(page)
  await page.click('[data-adds-passkey] button')
  await page.waitForFunction(() => document.querySelector('#problem-passkey').textContent === 'This device already has a passkey for your account.')

  await submit(page, '/editor/sign-out') // the device takes the browser's suggestion at once
  await page.waitForSelector('.actor a')
  await page.evaluateOnNewDocument(() => { PublicKeyCredential.isConditionalMediationAvailable = async () => false })
  await page.goto(`${newsbell.url}/editor`)
  await submit(page, '/editor/sign-out')
  await page.goto(`${newsbell.url}/editor/outages/messages-down`)
  await Promise.all([page.waitForNavigation(), pressPasskey(page)])
  assert.equal(path(page), '/editor/outages/messages-down')
  assert.equal(await page.$eval('.actor', e => e.textContent), 'Ada')
  await page.goto(`${newsbell.url}/editor/account`)
  await submit(page, '/remove')
  await submit(page, '/editor/sign-out')
  await pressPasskey(page)
  await page.waitForFunction(() => document.querySelector('[data-signs-in] .field-problem').textContent.startsWith('This passkey does not sign in here'))
  await fits(page)
  await fill(page, { email: 'ada@news.example', password })
  await submit(page, '/editor/sign-in')
  assert.equal(path(page), '/editor')
})

test('without JavaScript, no page shows a button for passkeys', async t => {
  const newsbell = await startNewsbell(t, { host: 'localhost' })
  const page = await (await startChromium(t)).newPage()
  await page.setJavaScriptEnabled(false)
  await join(page, newsbell.firstAccount, { name: 'Ada', email: 'ada@news.example' })
  assert.equal(await isShown(page, '[data-adds-passkey]'), false)
  await Promise.all([page.waitForNavigation(), page.click('main a')])
  assert.equal(path(page), '/editor')
  await submit(page, '/editor/sign-out')
  assert.equal(await isShown(page, '[data-signs-in]'), false)
})

const isShown = async (page, selector) => (await page.$(selector)).isVisible()

async function pressPasskey(page) {
  await page.waitForSelector('[data-signs-in]:not([hidden])')
  await page.click('[data-signs-in] button')
}

test('a draft is saved while it is typed, and neither another window nor an ended session loses text', async t => {
  const newsbell = await startNewsbell(t)
  const browser = await startChromium(t)
  const phone = await browser.newPage()
  await phone.setViewport({ width: 390, height: 844 })
  await join(phone, newsbell.firstAccount, { name: editorName, email: 'ada@news.example' })
  const outage = `${newsbell.url}/editor/outages/messages-down`
  await phone.goto(outage)
  await phone.type('#field-headline', 'Familie 👩‍👩‍👧‍👧 ohne Nachrichten seit 18 Uhr')
  assert.equal(await text(phone, '#length-headline'), '38 characters, cut in 2 of 5 browsers')
  await says(phone, 'Draft saved.')
  await phone.click('.cut-offs summary')
  assert.equal(await text(phone, '.shown-in [data-headline="35"] [data-part=title]'), 'Familie 👩‍👩‍👧‍👧 ohne Nachrichten seit 18…')
  await fits(phone)

  const laptop = await browser.newPage()
  await laptop.goto(outage)
  assert.equal(await headline(laptop), 'Familie 👩‍👩‍👧‍👧 ohne Nachrichten seit 18 Uhr')
  await retype(laptop, 'On the laptop')
  await says(laptop, 'Draft saved.')
  await retype(phone, 'On the phone')
  await phone.waitForSelector('#conflict:not([hidden])')
  assert.equal(await text(phone, '#conflict [data-part=headline]'), 'On the laptop')
  assert.equal(await headline(phone), 'On the phone')
  await fits(phone)
  await phone.click('[data-part=keep]')
  await says(phone, 'Draft saved.')

  await phone.deleteCookie({ name: 'newsbell_editor', url: newsbell.url }) // the session ends
  await retype(phone, 'Written after the session')
  await says(phone, 'You are signed out. Your text is kept in this browser.')
  await Promise.all([phone.waitForNavigation(), phone.click('[data-part=sign-in]')])
  await fill(phone, { email: 'ada@news.example', password })
  await submit(phone, '/editor/sign-in')
  assert.equal(path(phone), '/editor/outages/messages-down')
  assert.equal(await headline(phone), 'Written after the session')
  await says(phone, 'Draft saved.')

  assert.equal(await text(phone, '.reach [data-part=readers]'), '–')
  await phone.click('[name=alert][value=all]')
  await phone.waitForFunction(() => document.querySelector('.reach [data-part=readers]').textContent === '0')
  await phone.focus('#field-headline')
  await phone.keyboard.down('Control')
  await Promise.all([phone.waitForNavigation(), phone.keyboard.press('Enter')])
  await phone.keyboard.up('Control')
  await phone.waitForSelector('.confirmation')
  await phone.keyboard.down('Control')
  await phone.keyboard.press('Enter') // never past the confirmation
  await phone.keyboard.up('Control')
  await laptop.reload()
  assert.equal(await laptop.$('.sent'), null)
  await submit(phone, '/updates', '[value=publish-silently]') // nobody follows yet
  assert.equal(await text(phone, '.sent h3'), 'Written after the session')
  assert.equal(await headline(phone), '')
  await laptop.reload()
  assert.equal(await headline(laptop), '')

  await phone.setRequestInterception(true) // saves fail from here on
  phone.on('request', request => request.url().endsWith('/draft') ? request.abort() : request.continue())
  await retype(phone, 'After publishing')
  await says(phone, 'Not saved yet. Your text is kept in this browser.')
  await phone.reload() // at the address of the update
  assert.equal(await headline(phone), 'After publishing')
})

test('a draft goes to the browser that its writer has linked, and to no reader', async t => {
  const newsbell = await startNewsbell(t)
  const firefox = await startFirefox(t)
  const editor = await firefox.open(newsbell.url)
  await join(editor, newsbell.firstAccount, { name: 'Ada', email: 'ada@news.example' })
  await followThere(await openPage(await startChromium(t), newsbell), newsbell.page, { topics: ['outage/messages-down'] })
  const write = async () => {
    await editor.goto(`${newsbell.url}/editor/outages/messages-down`)
    await retype(editor, 'Not for readers yet')
    await editor.click('[name=alert][value=all]')
    await submit(editor, '/updates', '[value=try]')
    return text(editor, '#tried')
  }
  assert.match(await write(), /^Nothing was sent: you have linked no browser/)

  await editor.goto(`${newsbell.url}/editor/account`)
  await submit(editor, '/account/browsers')
  assert.match(await text(editor, '[role=status]'), /^The browser is linked/)
  assert.match(await write(), /^Sent to your own browsers alone: Firefox/)
  await firefox.notification(newsbell.url, 'Not for readers yet')
  await assert.rejects(newsbell.get('/alerts/1'), /404/)
  assert.equal(await editor.$('.sent'), null)

  await editor.goto(`${newsbell.url}/editor/account`)
  await submit(editor, '/unlink')
  assert.match(await write(), /^Nothing was sent/)
})

test('a drill is shown by the editor’s own browser, and reaches neither a reader nor a public page', async t => {
  const newsbell = await startNewsbell(t, { undoWindow: '0s' })
  const firefox = await startFirefox(t)
  const editor = await firefox.open(newsbell.url)
  await join(editor, newsbell.firstAccount, { name: 'Ada', email: 'ada@news.example' })
  await editor.goto(`${newsbell.url}/editor/account`)
  await submit(editor, '/account/browsers')
  const reader = await openPage(await startChromium(t), newsbell)
  await followThere(reader, newsbell.page, { topics: ['outage/messages-down', 'app/messenger'] })

  await editor.goto(`${newsbell.url}/editor`)
  await Promise.all([editor.waitForNavigation(), editor.click('[href$="/new-drill"]')])
  await fill(editor, { headline: 'Practice on Friday' })
  await editor.click('[name=apps][value=messenger]')
  await submit(editor, '/editor/outages', 'button')
  assert.equal(path(editor), '/editor/outages/practice-on-friday')
  await submit(editor, '/follow')
  await fill(editor, { 'field-headline': 'Messages are back' })
  await editor.select('#state-messenger', 'up')
  await editor.click('[name=alert][value=key]')
  await submit(editor, '/updates', '[value=preview]')
  assert.equal(await text(editor, '#question'), 'Send this drill to 1 editor’s browser now?')
  await submit(editor, '/updates', '[value=publish]')
  const shown = await firefox.notification(newsbell.url, 'DRILL: Messages are back')
  assert.deepEqual(shown.actions.map(({ title }) => title), ['Read'])
  await editor.waitForSelector('.alert[data-state=sent]')
  assert.equal(await text(editor, '[data-part=audience]'), '1')

  for (const address of ['/', '/apps/messenger', '/search?q=practice', '/apps/messenger/feed.atom']) {
    await reader.goto(newsbell.url + address)
    assert.doesNotMatch(await reader.content(), /Practice on Friday|Messages are back/, address)
  }
  assert.equal((await reader.goto(`${newsbell.url}/outages/practice-on-friday`)).status(), 404)
  await preferences(reader, newsbell)
  await reader.waitForSelector('#alerts-empty:not([hidden])') // nothing was sent to the reader
  assert.equal((await newsbell.get('/apps/messenger')).state, 'failing')
})

test('an app is retired once its outage is closed, and promises its follower nothing', async t => {
  const newsbell = await startNewsbell(t)
  const page = await openPage(await startChromium(t), newsbell)
  await page.setViewport({ width: 390, height: 800 })
  await join(page, newsbell.firstAccount, { name: 'Ada', email: 'ada@news.example' })
  await followThere(page, newsbell.page, { topics: ['app/messenger'] })
  await preferences(page, newsbell)
  assert.equal(await text(page, '#summary'), 'You’ll get alerts about Messenger.')

  const retire = async () => {
    await page.goto(`${newsbell.url}/editor/apps/messenger`)
    await submit(page, '/retire')
    await fits(page)
  }
  await retire()
  assert.equal(await text(page, '.problem'), 'It is part of an ongoing outage. Close that first.')
  await page.goto(`${newsbell.url}/editor/outages/messages-down/edit`)
  await submit(page, '/close')
  assert.equal(await text(page, '.band strong'), 'Resolved')
  await fits(page)
  await retire()
  assert.equal(path(page), '/editor/apps')

  await preferences(page, newsbell)
  assert.equal(await text(page, '#summary'), 'You follow nothing that is covered now, so you won’t get alerts.')
  assert.match(await text(page, '#follows'), /Not covered any more/)
  await page.goto(`${newsbell.url}/apps/messenger`)
  assert.equal(await page.$('newsbell-follow'), null)
})

const text = (page, selector) => page.$eval(selector, e => e.textContent)
const headline = page => page.$eval('#field-headline', field => field.value)

// says waits until the form says this about the draft.
function says(page, words) {
  return page.waitForFunction(words => document.querySelector('[data-part=draft-state]').textContent === words, {}, words)
}

async function retype(page, words) {
  await page.bringToFront()
  await page.$eval('#field-headline', field => field.select())
  await page.type('#field-headline', words)
}

const path = page => new URL(page.url()).pathname

// fits checks that a page does not scroll sideways.
async function fits(page) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, page.url())
}
