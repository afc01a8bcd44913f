// The notice, and every page that the server writes itself.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clean, launch, open, shot } from './kit.mjs'
import { found, invite, join, shop, start } from './server.mjs'

let browser
const stops = []
before(async () => { browser = await launch() })
after(async () => {
  await browser?.close()
  await Promise.all(stops.map(s => s()))
})

/** kept stops a server or merchant at the end of the file. */
const kept = s => { stops.push(() => s.stop()); return s }

test('the notice: ready to read in a minute, published with one tap, public, in two languages', async () => {
  const w = kept(await shop({ staff: {} }))
  const p = await w.owner.open(browser, '/shop/notice')
  const seconds = Number(/约 (\d+) 秒读完/.exec(await p.getByText(/约 \d+ 秒读完/).innerText())[1])
  assert.ok(seconds > 20 && seconds <= 60, `${seconds} seconds`)
  await p.getByRole('button', { name: '发布', exact: true }).click()
  const link = p.getByRole('link', { name: /\/notice\// })
  const url = await link.getAttribute('href')
  await p.getByText('第 1 版已发布').waitFor()
  await clean(p)
  await shot(p, 'notice-1440')
  for (const [lang, words] of [['zh-CN', '照样买东西'], ['en', 'you can buy all the same']]) {
    const q = await open(browser, { phone: true, lang, javaScriptEnabled: false })
    await q.goto(url)
    await q.getByText(words).waitFor()
    await shot(q, `notice-public-390-${lang}`, { fullPage: true })
    await q.context().close()
  }
  await p.context().close()
})

test('every page that the server writes, at every look', async () => {
  const s = kept(await start())
  const setup = s.setup
  const looks = [{ lang: 'zh-CN' }, { lang: 'zh-CN', phone: true, dark: true }, { lang: 'en', dark: true }, { lang: 'en', phone: true }]
  const see = async (path, who) => {
    for (const o of looks) {
      const p = who ? await who.open(browser, null, o) : await open(browser, o)
      p.base = s.url
      await p.goto(new URL(path, s.url).href + (who ? `?lang=${o.lang}` : ''))
      await clean(p)
      await shot(p, `portal${new URL(path, s.url).pathname.replace(/\/(setup|invite|recover)\/.*/, '/$1').replaceAll('/', '-')}-${o.phone ? 390 : 1440}-${o.lang}${o.dark ? '-dark' : ''}`, { fullPage: true })
      await p.context().close()
    }
  }
  await see(setup)
  const owner = await found(s, { factor: false })
  await see('/welcome/recovery', owner)
  await see('/welcome', owner)
  await see('/totp', owner)
  await see('/login')
  await see('/verify')
  await owner.enrol()
  await see((await invite(owner, '孙婷', 'rep')).url)
  const her = await join(owner, { name: '马骏', login: 'majun' })
  await see((await owner.api('POST', `members/${her.id}/password`)).url)
})
