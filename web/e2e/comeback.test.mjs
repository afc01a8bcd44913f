// A customer who stopped a shop comes back to it where no message goes out: the
// owner takes the second word of her receipt in the shop. And what the officer is
// told of a stop that nobody proved and of a disputed number leads to the customers.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clean, launch, shot } from './kit.mjs'
import { ally, asHer, town, words } from './town.mjs'

let t, browser, counter, number = 19900780000
const known = {} // of each look the customers whom the shop knows: written before anybody stops it, after which a new number counts as a lookup, of which a minute has five
before(async () => {
  [t, browser] = await Promise.all([town({ shops: ['tile', 'curtain'] }).then(x => ally(x)), launch()])
  counter = new URL((await t.tile.owner.api('POST', 'counter')).url).pathname
  const add = async (who, name) => {
    const fields = { name, phone: String(number += 7), source: 'store' }
    return { ...fields, id: (await who.api('POST', 'customers', { fields, same: 'different' })).id }
  }
  for (const { name } of LOOKS) known[name] = { back: await add(t.curtain.rep, '沈女士'), stops: await add(t.curtain.owner, '周女士') }
})
after(async () => { await browser?.close(); await t?.stop() })

const LOOKS = [
  { name: 'zh-390', phone: true }, { name: 'en-390', phone: true, lang: 'en' }, { name: 'en-390-dark', phone: true, lang: 'en', dark: true },
  { name: 'zh-1440' }, { name: 'zh-1440-dark', dark: true }, { name: 'en-1440', lang: 'en' },
]

/** comes sends the curtain shop something at the counter of the tile shop, and gives her browser and the two words of her receipt. */
async function comes(name, phone) {
  const her = await (await asHer(t).opens(counter)).sends({ name, phone })
  const [, said, answer] = /<b lang="zh-CN">([^<]+)<\/b>[^]*?<b lang="zh-CN">([^<]+)<\/b>/.exec(her.page)
  return { her, said, answer }
}

/** takes has the curtain shop take what came last. */
async function takes() {
  const { rep } = t.curtain
  const [{ id }] = (await rep.api('GET', 'inbox')).arrivals
  return (await rep.api('POST', `inbox/${id}/accept`)).customer
}

for (const look of LOOKS) {
  test(`back in the shop, by the second word: ${look.name}`, async () => {
    const say = words(look.lang ?? 'zh-CN'), { rep, owner } = t.curtain, { id, phone } = known[look.name].back
    await rep.api('POST', `customers/${id}/stop`)
    const { answer } = await comes('沈女士', phone)
    const customer = await takes()

    const p = await rep.open(browser, `/customers/${customer}`, look)
    await p.locator('.arrived').getByText(say('web.share.back_here')).waitFor()
    assert.equal(await p.locator('.pair').count(), 0, 'a clerk takes the word')
    assert.equal(await p.getByRole('button', { name: say('web.contact.call'), exact: true }).count(), 0, 'who stopped is called')
    await clean(p)
    await shot(p, `back-rep-${look.name}`)

    if (look === LOOKS[0]) await owner.stale() // the next ones find it fresh, unless this takes long: two codes in half a minute are one too many
    const q = await owner.open(browser, '/share/inbox', look)
    const row = q.locator('.arrival').first()
    await row.getByText(say('web.share.back_take')).waitFor()
    await clean(q)
    await shot(q, `back-inbox-${look.name}`)
    await q.goto(`${t.url}/customers/${customer}`)
    const part = q.locator('.arrived')
    await part.getByLabel(say('web.share.second')).fill(answer === '白鹭' ? '茉莉' : '白鹭')
    await part.getByRole('button', { name: say('web.share.check'), exact: true }).click()
    const factor = q.getByRole('dialog'), wrong = part.getByText(say('web.share.wrong_word_one'))
    await factor.or(wrong).first().waitFor()
    if (look === LOOKS[0]) assert.equal(await factor.count(), 1, 'her word is taken without the second factor')
    if (await factor.count() > 0) {
      q.errors.length = 0 // the browser's own line about the 401
      await clean(q)
      await shot(q, `back-factor-${look.name}`)
      await factor.locator('input').first().fill(await owner.code())
    }
    await wrong.waitFor()
    await clean(q)
    await shot(q, `back-wrong-${look.name}`)
    await part.getByLabel(say('web.share.second')).fill(answer)
    await part.getByRole('button', { name: say('web.share.check'), exact: true }).click()
    await part.getByText(say('web.share.proved_word', { what: say('web.share.proved_number') })).waitFor()
    assert.equal(await part.locator('.pair, .note-box').count(), 0, 'the way back still stands there')
    await clean(q)
    await shot(q, `back-done-${look.name}`)
    await owner.take(q)
    await Promise.all([p.context().close(), q.context().close()])
  })

  test(`alerts lead to the customers: ${look.name}`, async () => {
    const say = words(look.lang ?? 'zh-CN'), { owner } = t.curtain, { id, phone } = known[look.name].stops
    const stopped = await comes('周先生', phone)
    const arrived = await takes()
    stopped.her.page = (await stopped.her.get('/p/withdraw')).text
    await stopped.her.press({ scope: 'shop', answer: 'yes' })
    const disputed = await comes('吴女士', String(number += 7))
    const other = await takes()
    disputed.her.page = (await disputed.her.get('/p/notme')).text
    await disputed.her.press({ answer: 'yes' })

    const p = await owner.open(browser, '/shop/alerts', look)
    const about = (code, name) => p.getByRole('listitem').filter({ hasText: say(code) }).filter({ has: p.getByRole('link', { name }) })
    const days = (await owner.api('GET', 'alerts')).alerts.filter(a => ['stop_unproved', 'number_disputed'].includes(a.code) && a.customers.some(c => [id, arrived, other].includes(c.id)))
    assert.deepEqual(days.map(a => Math.round((a.due - a.at) / 86_400_000)), [15, 15])
    await about('alert.stop_unproved', '周女士').first().getByText(say('web.alerts.due', { at: '#' }).split('#')[0].trim()).waitFor()
    await about('alert.number_disputed', '吴女士').first().waitFor()
    await clean(p)
    await shot(p, `alerts-${look.name}`)
    await about('alert.stop_unproved', '周女士').first().getByRole('link', { name: '周女士' }).click()
    await p.waitForURL(u => u.pathname.endsWith(id))
    await p.getByRole('heading', { name: '周女士' }).first().waitFor()
    await clean(p)
    await shot(p, `alert-customer-${look.name}`)

    const passed = a => ({ ...a, at: a.at - 16 * 86_400_000, due: a.due - 16 * 86_400_000, late: true }) // no test waits for fifteen days
    await p.route(/\/api\/v1\/(alerts|today)$/, async r => {
      const response = await r.fetch(), all = await response.json()
      await r.fulfill({ response, json: { ...all, alerts: all.alerts.map(a => (a.due ? passed(a) : a)) } })
    })
    await p.goto(`${t.url}/shop/alerts`)
    await p.getByText(say('web.alerts.late_since', { at: '#' }).split('#')[0].trim()).first().waitFor()
    await clean(p)
    await shot(p, `alerts-late-${look.name}`)
    await p.goto(t.url)
    await p.getByText(say('web.alerts.late'), { exact: true }).first().waitFor()
    await clean(p)
    await shot(p, `today-late-${look.name}`)
    await p.unrouteAll({ behavior: 'wait' }) // an answer on its way through here would find nobody
    await p.context().close()
  })
}
