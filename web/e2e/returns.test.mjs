// Who stopped: what her receipt says of it, and how she comes back by her own
// proved act; the shop's screens meanwhile. And the card's photo goes again.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clean, launch, shot } from './kit.mjs'
import { ally, fair, gateway, telephone, town, words } from './town.mjs'

let t, sms, browser, counter
before(async () => {
  sms = await gateway()
  ;[t, browser] = await Promise.all([town({ shops: ['tile', 'curtain'], server: sms.server }).then(x => ally(x)), launch()])
  counter = new URL((await t.tile.owner.api('POST', 'counter')).url).pathname
})
after(async () => { await browser?.close(); await t?.stop(); sms?.stop() })

let number = 19900790000

for (const look of [{ name: 'zh-390', lang: 'zh-CN' }, { name: 'en-390-big', lang: 'en', big: true }]) {
  test(`stopped, and back by a code: ${look.name}`, async () => {
    const say = words(look.lang), phone = String(number += 7), { rep } = t.curtain
    const press = (her, key, args) => her.getByRole('button', { name: say(key, args), exact: true }).first().click()
    const title = async (her, key, args) => { await her.getByRole('heading', { level: 1, name: say(key, args) }).waitFor(); await her.waitForLoadState() }
    const comes = async () => {
      const her = await telephone(t, browser, look)
      await her.goto(t.url + counter)
      await press(her, 'hers.door.go')
      await press(her, 'hers.intro.yes')
      await her.getByLabel(say('hers.form.name')).fill('沈女士')
      await her.getByLabel(say('hers.form.phone')).fill(phone)
      await her.getByText(say('hers.channel.call'), { exact: true }).click()
      await press(her, 'hers.form.send')
      await title(her, 'hers.receipt.title')
      return her
    }
    const stops = async (her, scope) => {
      await her.goto(`${t.url}/p/withdraw`)
      await her.getByText(scope, { exact: true }).click()
      await fair(her, { shot: `hers-withdraw-${look.name}` })
      await press(her, 'hers.withdraw.yes')
    }
    const first = await comes()
    await stops(first, say('hers.withdraw.ads'))
    await title(first, 'hers.receipt.title')
    await first.getByText(say('hers.stop.now_ads', { shop: '晴窗窗帘' })).waitFor()
    await first.locator('.slip').getByText(say('hers.stop.ads')).waitFor()
    await fair(first, { ...look, shot: `hers-stopped-ads-${look.name}` })
    await stops(first, say('hers.withdraw.shop', { shop: '晴窗窗帘' }))
    await title(first, 'hers.withdrawn.title')
    await first.locator('.slip').getByText(say('hers.stop.shop')).waitFor()
    await first.context().close()

    // by her link alone, unproved, that was her question's end; what she tells staff holds for her number
    const known = await rep.api('POST', 'customers', { fields: { name: '沈女士', phone, source: 'store' } })
    await rep.api('POST', `customers/${known.id}/stop`)

    const her = await comes()
    const [{ id }] = (await rep.api('GET', 'inbox')).arrivals
    const { customer } = await rep.api('POST', `inbox/${id}/accept`)
    const p = await rep.open(browser, null, { phone: true })
    await p.goto(`${t.url}/customers/${customer}`)
    await p.getByText(words('zh-CN')('reason.suppressed')).waitFor()
    assert.equal(await p.locator('.pair').count(), 0, 'there is no word to say to who stopped')
    await shot(p, `stopped-record-${look.name}`)
    await clean(p)

    await press(her, 'hers.receipt.prove.sms')
    await title(her, 'hers.code.title')
    await her.getByLabel(say('hers.code.field')).fill(await sms.code(`+86${phone}`))
    await press(her, 'hers.code.go')
    await title(her, 'hers.receipt.title')
    await her.getByText(say('hers.stop.lifted', { shop: '晴窗窗帘' })).waitFor()
    await her.locator('.slip').getByText(say('hers.stop.ads_still'), { exact: true }).waitFor()
    await fair(her, { ...look, shot: `hers-returned-${look.name}` })
    await p.reload()
    await p.locator('.who').getByRole('button', { name: '打电话' }).waitFor()
    assert.equal(await p.getByText(words('zh-CN')('reason.suppressed')).count(), 0)
    await Promise.all([p.context().close(), her.context().close()])
  })
}

test('a photo of the shop goes as it came', async () => {
  const p = await t.tile.owner.open(browser, null)
  await p.goto(`${t.url}/share/alliance`)
  const edit = () => p.getByRole('button', { name: '修改', exact: true }).first().click()
  const save = () => p.getByRole('button', { name: '保存', exact: true }).click()
  await edit()
  const picture = await p.evaluate(() => { const c = document.createElement('canvas'); c.width = 64; c.height = 48; c.getContext('2d').fillRect(0, 0, 64, 48); return c.toDataURL('image/png').split(',')[1] })
  await p.locator('input[type=file]').setInputFiles({ name: 'door.png', mimeType: 'image/png', buffer: Buffer.from(picture, 'base64') })
  await save()
  await p.locator('img.shop-photo').first().waitFor()
  await edit()
  await p.getByRole('button', { name: '拿掉照片' }).click()
  await p.getByText('保存后就没有照片了').waitFor()
  await clean(p)
  await save()
  await p.locator('img.shop-photo').first().waitFor({ state: 'detached' })
  assert.equal((await t.tile.owner.api('GET', 'card')).photo, false)
  await p.context().close()
})
