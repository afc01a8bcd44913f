// The customer's other ways at every look, without script: no and second thoughts, the voucher, the counter, what a shop holds of her and her copy, "that is
// not me"; and the receiver's pages on a small screen.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bodies, clean, launch, shot } from './kit.mjs'
import { LOOKS } from './looks.mjs'
import { ally, asHer, fair, gateway, knows, looking, recommends, telephone, title, town, words } from './town.mjs'

let t, sms, browser, counter
before(async () => {
  sms = await gateway()
  ;[t, browser] = await Promise.all([town({ server: sms.server }).then(x => ally(x)), launch()])
  counter = new URL((await t.tile.owner.api('POST', 'counter')).url).pathname
})
after(async () => { await browser?.close(); await t?.stop(); sms?.stop() })

let number = 19900770000
const nextNumber = () => String(number += 7)

describe('her other ways at every look', () => {
  for (const look of LOOKS) {
    test(`no, second thoughts, a voucher: ${look.name}`, async () => {
      const { her, say, press, see } = await looking(t, browser, look, ['intro-again', 'counter', 'counter-form', 'notme'])
      await her.goto(t.url + await recommends(t, await knows(t.tile.owner), 'curtain', ['curtain'], t.tile.owner)) // who recommends has twenty open asks at most
      await press(say('hers.door.go'))
      await press(say('hers.intro.no'))
      await see('declined', say('hers.declined.title'))
      await press(say('hers.declined.back'))
      await title(her, say('hers.form.title', { shop: '晴窗窗帘' }))
      await her.goto(`${t.url}/p/intro`)
      await see('intro-again', say('hers.intro.title'))
      await press(say('hers.intro.voucher'))
      await see('voucher', say('hers.voucher.title'))
      await her.context().close()
    })

    test(`the counter: ${look.name}`, async () => {
      const { her, say, press, see } = await looking(t, browser, look, ['intro-again', 'counter', 'counter-form', 'notme'])
      await her.goto(t.url + counter)
      await see('counter-door', say('hers.door.title'))
      await press(say('hers.door.go'))
      await see('counter', say('hers.intro.title_counter'))
      assert.equal(await her.getByText(say('hers.intro.after')).count(), 0, 'nobody asks at a counter, nor again')
      await her.locator('section.card', { hasText: '晴窗窗帘' }).first().getByRole('button', { name: say('hers.intro.yes') }).click()
      await see('counter-form', say('hers.form.title', { shop: '晴窗窗帘' }))
      await her.context().close()
    })

    test(`what a shop holds, her copy, not me: ${look.name}`, async () => {
      const { her, say, press, see } = await looking(t, browser, look, ['intro-again', 'counter', 'counter-form', 'notme']), phone = nextNumber()
      const code = async had => { await her.getByLabel(say('hers.code.field')).fill(await sms.code(`+86${phone}`, had)); await press(say('hers.code.go')) }
      await her.goto(t.url + await recommends(t, await knows(t.tile.rep), 'curtain', ['curtain']))
      await press(say('hers.door.go'))
      await press(say('hers.intro.yes'))
      await her.getByLabel(say('hers.form.name')).fill('王女士')
      await her.getByLabel(say('hers.form.phone')).fill(phone)
      await her.getByText(say('hers.channel.call'), { exact: true }).click()
      await press(say('hers.form.send'))
      await her.getByRole('link', { name: say('hers.mine.title') }).click()
      await title(her, say('hers.mine.title'))
      await her.getByRole('link', { name: say('hers.mine.look') }).first().click()
      await press(say('hers.code.send'))
      await her.getByRole('button', { name: say('hers.code.again'), exact: true }).waitFor() // the page before has the same field
      await code(0)
      await see('mine-proved', say('hers.mine.title'))
      await her.getByRole('link', { name: say('hers.mine.look') }).first().click()
      await see('holder', '晴窗窗帘')
      await press(say('hers.holder.show'))
      await her.getByRole('button', { name: say('hers.holder.show'), exact: true }).waitFor({ state: 'detached' }) // the page before has the same heading
      await see('holder-clear', '晴窗窗帘')
      if (!look.zoom) { // so many codes are sent to one network in an hour and no more
        await press(say('hers.holder.copy'))
        await see('copy', say('hers.code.title'))
        const [file] = await Promise.all([her.waitForEvent('download'), code(1)])
        assert.match(file.suggestedFilename(), /\.(json|zip|html)$/)
      }
      await her.goto(`${t.url}/p/notme`)
      await see('notme', say('hers.notme.title'))
      await press(say('hers.notme.yes'))
      await see('notme-done', say('hers.notme.done'))
      await her.context().close()
    })
  }
})

describe('the receiver on a small screen', () => {
  for (const { name, ...look } of [{ name: 'zh-1024' }, { name: 'zh-1024-dark', dark: true }, { name: 'en-1024', lang: 'en' }]) {
    test(name, async () => {
      const say = words(look.lang ?? 'zh-CN'), size = { viewport: { width: 1024, height: 768 } }
      const mine = await knows(t.tile.rep), phone = nextNumber()
      const p = await t.tile.rep.open(browser, `/customers/${mine.id}`, { ...look, ...size })
      await p.locator('.who').getByRole('button', { name: say('web.share.recommend') }).click()
      const sheet = p.getByRole('dialog')
      await sheet.getByText(say('choice.need.curtain'), { exact: true }).click()
      await sheet.getByText('晴窗窗帘', { exact: true }).last().waitFor()
      await shot(p, `recommend-${name}`)
      await clean(p)
      await p.context().close()
      const her = await asHer(t).opens(await recommends(t, mine, 'curtain', ['curtain']))
      await her.sends({ name: '王女士', phone })
      const r = await t.curtain.rep.open(browser, '/', { ...look, ...size })
      const waiting = (await t.curtain.rep.api('GET', 'inbox')).waiting
      await r.locator('nav .nv-count').getByText(String(waiting), { exact: true }).waitFor()
      await r.goto(`${t.url}/share/inbox`)
      await r.getByText(say('web.share.new_enquiry')).first().waitFor()
      await shot(r, `inbox-waiting-${name}`)
      await clean(r)
      await r.getByRole('button', { name: say('web.share.accept') }).first().click()
      await r.getByText('王女士').first().waitFor()
      await shot(r, `inbox-accepted-${name}`)
      await clean(r)
      await r.context().close()
    })
  }
})

test('a customer who stopped is not called a new one in the inbox', async () => {
  const had = (await t.curtain.rep.api('GET', 'inbox')).waiting
  const her = await telephone(t, browser), phone = nextNumber()
  await her.goto(t.url + await recommends(t, await knows(t.tile.rep), 'curtain', ['curtain']))
  await her.getByRole('button', { name: '看一看' }).click()
  await her.getByRole('button', { name: '请这家店联系我' }).click()
  await her.getByLabel('怎么称呼您').fill('叫停的人')
  await her.getByLabel('手机号').fill(phone)
  await her.getByText('打电话', { exact: true }).click()
  await her.getByRole('button', { name: '交给他们' }).click()
  await title(her, '已办好，这是您的回执')
  const p = await t.curtain.rep.open(browser, '/share/inbox', { phone: true })
  await p.locator('.tabbar .nv-count').getByText(String(had + 1), { exact: true }).waitFor()
  const row = p.locator('.arrival').first()
  await row.getByText('一位新客户').waitFor()
  await shot(p, 'inbox-badge-390')
  await clean(p)
  await her.getByRole('link', { name: '叫停' }).first().click()
  await her.getByRole('button', { name: '叫停' }).click()
  await title(her, '已停')
  await p.reload()
  await row.getByText('叫停的客户').waitFor()
  await row.getByText(/最晚 .* 办完/).waitFor()
  assert.equal(await row.getByText('一位新客户').count(), 0)
  await shot(p, 'inbox-stopped-390')
  await clean(p)
  await p.context().close()
  await her.context().close()
})

test('one tap has the server send her the link, and staff never see it', async () => {
  // a customer of the curtain shop who agreed to its messages, proved her number and bought
  const her = await telephone(t, browser), phone = nextNumber(), { rep } = t.curtain
  await her.goto(t.url + await recommends(t, await knows(t.tile.owner), 'curtain', ['curtain'], t.tile.owner))
  await her.getByRole('button', { name: '看一看' }).click()
  await her.getByRole('button', { name: '请这家店联系我' }).click()
  await her.getByLabel('怎么称呼您').fill('沈女士')
  await her.getByLabel('手机号').fill(phone)
  await her.getByText('打电话', { exact: true }).click()
  await her.getByText(words('zh-CN')('hers.want.marketing.own.sms')).click()
  await her.getByRole('button', { name: '交给他们' }).click()
  await title(her, '已办好，这是您的回执')
  await her.getByRole('button', { name: words('zh-CN')('hers.receipt.prove.sms') }).click()
  await title(her, words('zh-CN')('hers.code.title'))
  await her.getByLabel(words('zh-CN')('hers.code.field')).fill(await sms.code(`+86${phone}`))
  await her.getByRole('button', { name: words('zh-CN')('hers.code.go'), exact: true }).click()
  await title(her, '已办好，这是您的回执')
  const [{ id }] = (await rep.api('GET', 'inbox')).arrivals
  const { customer } = await rep.api('POST', `inbox/${id}/accept`)
  await rep.api('POST', `customers/${customer}/contact`, { channel: 'call' })
  await rep.api('POST', 'orders', { fields: { customer, no: 'QC-1', ordered_on: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10), status: 'paid', amount: 628_000 } })
  await rep.api('POST', `inbox/${id}/won`)

  const p = await rep.open(browser, null, { phone: true }), seen = bodies(p)
  await sms.link(`+86${phone}`) // her receipt's
  await p.goto(`${t.url}/customers/${customer}`)
  await p.locator('.who').getByRole('button', { name: '推荐' }).tap()
  const sheet = p.getByRole('dialog', { name: /推荐一家店/ })
  for (const chip of ['灯具', '明灯照明', '当面说的']) {
    const option = sheet.getByText(chip, { exact: true }).last()
    if (!await option.locator('xpath=ancestor-or-self::label//input').isChecked()) await option.tap()
  }
  await sheet.getByRole('button', { name: '让系统发给她' }).waitFor()
  await shot(p, 'recommend-send-390')
  await clean(p)
  await sheet.getByRole('button', { name: '让系统发给她' }).tap()
  await p.locator('.toast').getByText('已发给她').waitFor()
  await sheet.waitFor({ state: 'detached' })
  const link = await sms.link(`+86${phone}`, 1)
  await p.goto(`${t.url}/share/sent`)
  await p.locator('.arrival', { hasText: '沈女士' }).getByText('等她答复').waitFor()
  await shot(p, 'sent-by-server-390')
  await clean(p)
  const all = (await seen()).join()
  assert.ok(all.includes('沈女士') && !all.includes('/l/') && !all.includes(link.split('/l/')[1]), 'staff got her link')
  assert.equal(sms.links(`+86${phone}`).length, 2, 'sent once')

  await her.goto(link)
  await title(her, words('zh-CN')('hers.door.title'))
  await her.getByText('明灯照明').first().waitFor()
  await her.getByRole('button', { name: '看一看' }).click()
  await title(her, words('zh-CN')('hers.intro.title'))
  await fair(her)
  await Promise.all([p.context().close(), her.context().close()])
})
