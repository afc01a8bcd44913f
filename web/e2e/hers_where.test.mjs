// A customer of several shops at every look, without script: the cards on one page, a shop that does not take her request, and where her data is once
// she has stopped them all. Apart from her other ways, for so many codes are sent to one network in an hour and no more.
import { after, before, describe, test } from 'node:test'
import { launch } from './kit.mjs'
import { LOOKS } from './looks.mjs'
import { ally, cardOf, gateway, knows, looking, recommends, title, town } from './town.mjs'

let t, sms, browser
before(async () => {
  sms = await gateway()
  ;[t, browser] = await Promise.all([town({ server: sms.server }).then(x => ally(x)), launch()])
  await t.lamp.owner.api('PUT', 'card', { ...cardOf(t.lamp), needs: ['lamp', 'curtain'] })
})
after(async () => { await browser?.close(); await t?.stop(); sms?.stop() })

let number = 19900790000
const nextNumber = () => String(number += 7)

describe('several shops, one that does not take it, and where her data is once she stops all', () => {
  for (const look of LOOKS.filter(l => !l.zoom)) {
    test(look.name, async () => {
      const { her, say, press, see } = await looking(t, browser, look, ['intro-several']), phone = nextNumber()
      const by = number % 2 ? t.tile.owner : t.tile.rep // each number taken down is a lookup, of which everybody has five a minute
      const code = async (how, had) => { await press(say(how)); await her.getByLabel(say('hers.code.field')).fill(await sms.code(`+86${phone}`, had)); await press(say('hers.code.go')) }
      const link = t.url + await recommends(t, await knows(by, '王秀兰', { phone }), 'curtain', ['curtain', 'lamp'], by)
      const gives = async shop => {
        await her.locator('section.card', { hasText: shop }).first().getByRole('button', { name: say('hers.intro.yes') }).click()
        await her.getByLabel(say('hers.form.name')).fill('王女士')
        await her.getByLabel(say('hers.form.phone')).fill(phone)
        await her.getByText(say('hers.channel.call'), { exact: true }).click()
        await press(say('hers.form.send'))
        await title(her, say('hers.receipt.title'))
      }
      await her.goto(link)
      await see('door-several', say('hers.door.title'))
      await press(say('hers.door.go'))
      await see('intro-several', say('hers.intro.title'))
      await gives('明灯照明')
      await t.lamp.rep.api('POST', `inbox/${(await t.lamp.rep.api('GET', 'inbox')).arrivals[0].id}/reject`)
      await her.goto(`${t.url}/p/receipt`)
      await see('receipt-rejected', say('hers.receipt.over'))
      await her.goto(link)
      await press(say('hers.door.go'))
      await gives('晴窗窗帘')
      await code('hers.receipt.prove.sms', 0)
      await title(her, say('hers.receipt.title'))
      await her.goto(`${t.url}/p/withdraw`)
      await her.getByText(say('hers.withdraw.all'), { exact: true }).click()
      await press(say('hers.withdraw.yes'))
      await title(her, say('hers.withdrawn.title'))
      await her.goto(`${t.url}/p/mine`)
      await code('hers.mine.code_go.sms', 1)
      await her.getByRole('heading', { level: 2, name: '石语瓷砖' }).waitFor()
      while (await her.getByText(say('hers.mine.locked')).count() < 2) await her.reload() // her stop goes there by letter
      await see('mine-stopped', say('hers.mine.title'))
      await her.context().close()
    })
  }
})
