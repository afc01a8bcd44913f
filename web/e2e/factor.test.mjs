// The page that asks for the second factor at the sign-in, on a small telephone and with
// text at twice its size.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, launch, open, shot, small, tooWide } from './kit.mjs'
import { PASSWORD, found, start } from './server.mjs'

let s, browser, owner
before(async () => {
  ;[s, browser] = await Promise.all([start(), launch()])
  owner = await found(s)
})
after(async () => { await browser?.close(); await s?.stop() })

const small360 = { width: 360, height: 780 }
for (const { name, zoom, ...look } of [{ name: 'zh-390', lang: 'zh-CN' }, { name: 'en-390-dark', lang: 'en', dark: true }, { name: 'zh-360-text200', lang: 'zh-CN', viewport: small360, zoom: 200 }, { name: 'en-360-text200-dark', lang: 'en', dark: true, viewport: small360, zoom: 200 }]) {
  test(`the second factor is asked for: ${name}`, async () => {
    const p = await open(browser, { phone: true, ...look })
    await p.goto(`${s.url}/login`)
    await p.locator('[name=login]').fill(owner.login)
    await p.locator('[name=password]').fill(PASSWORD)
    await p.locator('form button[type=submit]').first().click()
    await p.locator('[name=code]').waitFor()
    if (zoom) await p.evaluate(z => { document.documentElement.style.fontSize = `${z}%` }, zoom)
    await shot(p, `login-code-${name}`, { fullPage: true })
    assert.deepEqual(await axe(p), [])
    assert.deepEqual(await tooWide(p), [])
    assert.deepEqual(await small(p, 44, '.tick > input'), [])
    // no word is broken for want of room
    assert.ok(await p.evaluate(() => { const e = document.querySelector('.top .name'), was = e.clientHeight; e.style.overflowWrap = 'normal'; return e.scrollWidth <= e.clientWidth && e.clientHeight === was }), 'a word beside the mark is broken')
    await p.context().close()
  })
}
