// Forms of the newsroom.

export const password = 'a lantern over the harbour'

// fill types into the fields with these IDs.
export async function fill(page, values) {
  for (const [id, value] of Object.entries(values)) await page.type('#' + id, value)
}

// submit presses a button of the form whose action ends with a path, and waits for the
// next page.
export async function submit(page, action, button = 'button:not([type])') {
  await Promise.all([page.waitForNavigation(), page.click(`form[action$="${action}"] ${button}`)])
}

// join makes the account of an invitation.
export async function join(page, link, person) {
  await page.goto(link)
  await fill(page, { password, ...person })
  await submit(page, new URL(link).pathname)
}
