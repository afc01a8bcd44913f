// Introduce: one customer, two shops, her own act. Three shops on one real
// server, staff in the workbench, the customer in a browser without script.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { becomes, bodies, clean, launch, open, shot, small, stands } from './kit.mjs'
import { PASSWORD } from './server.mjs'
import { SHOPS, asHer, cardOf, fair, knows, recommends, telephone, title, town } from './town.mjs'

let t, browser
before(async () => { [t, browser] = await Promise.all([town(), launch()]) })
after(async () => { await browser?.close(); await t?.stop() })

const part = (who, p, options) => who.open(browser, `/share/${p}`, options)
const toast = page => page.locator('.toast')
/** reads opens a page and gathers what the API answers from the first request on. */
async function reads(who, p, options) {
  const page = await who.open(browser, null, options), seen = bodies(page)
  await page.goto(`${t.url}/share/${p}`)
  return [page, seen]
}
/** fits checks a page of the workbench: on a phone no button or field under 44 px, in what is looked at here. */
async function fits(page, phone) {
  await clean(page)
  if (phone) assert.deepEqual(await small(page, 32, 'label input, :not(.share *):not(dialog *)'), [], 'small targets')
}

/** scans checks that a code to scan is drawn and that it is the one that the API made for that link. */
async function scans(image, { qr, url }, link) {
  assert.equal(url, link)
  assert.equal(await image.getAttribute('src'), qr)
  await image.evaluate(i => i.decode())
  assert.ok(await image.evaluate(i => i.naturalWidth >= 100 && i.naturalWidth === i.naturalHeight), 'no code is drawn')
}
/** whole checks that a card says where the shop is, how to reach it and who it is by law. */
async function whole(card, shop) {
  const said = await card.innerText()
  for (const s of [shop.shown, shop.address, shop.contact, shop.uscc]) assert.ok(said.includes(s), `${s} is not on ${said}`)
}

test('an alliance is founded, joined by its link, and the receiver verified with one tap', async () => {
  const a = await part(t.tile.owner, 'alliance')
  await a.getByLabel('门头上的名字').waitFor()
  await shot(a, 'alliance-card-empty-1440')
  await clean(a)
  const fill = async (page, key) => {
    const s = SHOPS[key]
    await page.getByLabel('门头上的名字').fill(s.shown)
    await page.getByLabel('店里座机').fill(s.contact)
    await page.getByLabel('地址').fill(s.address)
    await page.getByLabel('一句话介绍').fill(s.about)
    for (const n of s.needs) await page.getByText({ tile: '瓷砖', bath: '卫浴', curtain: '窗帘', lamp: '灯具' }[n], { exact: true }).click()
    await page.getByRole('button', { name: '保存' }).click()
    await toast(page).getByText('名片存好了').waitFor()
  }
  await fill(a, 'tile')
  await a.getByLabel('联盟的名字').fill('安居联盟')
  await a.getByRole('button', { name: '发起联盟' }).click()
  const [made] = await Promise.all([a.waitForResponse('**/alliance/invitation'), a.getByRole('button', { name: '邀请店加入' }).click()])
  const link = await a.locator('.secret').textContent()
  await scans(a.locator('img.qr'), await made.json(), link)
  assert.match(link, new RegExp(`^${t.url}/shop/join#[0-9A-Za-z]{22}$`))
  await shot(a, 'alliance-invite-1440')
  await clean(a)

  // the other owner opens it on his phone, where nobody is signed in, before he has filled in a card
  const b = await open(browser, { phone: true }), token = new URL(link).hash.slice(1), told = []
  b.base = t.url
  b.on('request', r => told.push(r.url().split('#')[0], r.headers().referer ?? ''))
  await b.goto(link)
  await b.waitForURL('**/login?next=%2Fshop%2Fjoin')
  await b.locator('[name=login]').fill(SHOPS.curtain.login)
  await b.locator('[name=password]').fill(PASSWORD)
  await b.getByRole('button', { name: '登录' }).click()
  await b.locator('[name=code]').fill(await t.curtain.owner.code())
  await b.locator('main button.btn').click()
  await b.getByRole('heading', { name: '「安居联盟」，现有 1 家店。' }).waitFor()
  await b.waitForURL(link) // and there it stays, as if he had been signed in
  assert.equal(await b.evaluate(() => sessionStorage.getItem('kexin.join')), null)
  assert.ok(told.length > 5 && !told.some(u => u.includes(token)), 'the invitation stands in an address')
  assert.deepEqual(b.errors.filter(e => !e.includes('401')), [])
  b.errors.length = 0 // the browser's own lines about who is not signed in
  await whole(b.locator('.shop-card'), SHOPS.tile)
  await shot(b, 'alliance-join-390')
  await fits(b, true)
  assert.equal(await b.getByRole('button', { name: '加入安居联盟' }).count(), 0, 'the card comes first')
  await fill(b, 'curtain')
  await b.getByRole('button', { name: '加入安居联盟' }).tap()
  await b.getByText('等发起的店核实您').waitFor()
  await b.waitForURL('**/share/alliance')
  await shot(b, 'alliance-joined-390')
  await fits(b, true)

  // the third one by the API
  await t.lamp.owner.api('PUT', 'card', cardOf(SHOPS.lamp))
  await t.lamp.owner.api('POST', 'alliance/join', { token: new URL(link).hash.slice(1) })

  assert.equal((await t.tile.rep.api('GET', 'shops')).shops.length, 0, 'nobody is recommended before it is verified')
  await a.reload()
  const row = a.locator('.member-row', { hasText: '晴窗窗帘' })
  await row.getByRole('button', { name: '核实' }).click()
  await row.getByText('已核实').waitFor()
  await whole(row.locator('.shop-card'), SHOPS.curtain)
  await shot(a, 'alliance-verified-1440')
  await clean(a)
  assert.deepEqual((await t.tile.rep.api('GET', 'shops')).shops.map(s => s.shown), ['晴窗窗帘'])
  // a sender may start at once, before anybody verified it
  assert.deepEqual((await t.lamp.rep.api('GET', 'shops')).shops.map(s => s.shown).sort(), ['晴窗窗帘', '石语瓷砖'].sort())

  // verified is the name over the door: another one waits again, which the form says before it is saved
  await b.reload()
  await b.getByRole('button', { name: '修改' }).first().tap()
  assert.equal(await b.getByText('换了名字').count(), 0)
  await b.getByLabel('门头上的名字').fill('晴窗软装')
  await b.getByText('换了名字').waitFor()
  await shot(b, 'card-renamed-390')
  await fits(b, true)
  for (const p of [a, b]) await p.context().close()
})

let wang, link // the customer and her link, from the rep's hand to the other shop's box

test('a rep recommends from the record in at most five taps, and the words are in his hand', async () => {
  wang = await knows(t.tile.rep, '王秀兰')
  const p = await t.tile.rep.open(browser, `/customers/${wang.id}`, { phone: true })
  await p.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: t.url })
  let taps = 0
  const tap = async l => { taps++; await l.tap() }
  await tap(p.locator('.who').getByRole('button', { name: '推荐' }))
  const sheet = p.getByRole('dialog', { name: /给王秀兰推荐一家店/ })
  await sheet.getByText('她自己点了才算').waitFor()
  await shot(p, 'recommend-390')
  await fits(p, true)
  for (const chip of ['窗帘', '晴窗窗帘', '当面说的']) {
    const option = sheet.getByText(chip, { exact: true })
    if (!await option.locator('xpath=ancestor-or-self::label//input').isChecked()) await tap(option)
  }
  await shot(p, 'recommend-ready-390')
  await fits(p, true)
  await tap(sheet.getByRole('button', { name: '复制话术' }))
  await sheet.getByText('话术已复制').waitFor()
  assert.ok(taps <= 5, `${taps} taps`)
  await shot(p, 'recommend-made-390')
  await fits(p, true)
  const words = await p.evaluate(() => navigator.clipboard.readText())
  assert.match(words, /^王阿姨，我是石语瓷砖的陈晓雯。您说要看窗帘，我把晴窗窗帘的名片发您。/)
  link = new URL(/https?:\S+$/.exec(words)[0]).pathname
  assert.ok(!link.includes(wang.phone) && !words.includes(wang.phone))
  await sheet.getByRole('button', { name: '换成英文' }).tap() // for who reads no Chinese: one tap, and the English words are copied
  await sheet.getByText(/^Auntie Wang, this is 陈晓雯 of 石语瓷砖\. You asked about curtains/).waitFor()
  await sheet.getByRole('button', { name: '换成中文' }).waitFor()
  await shot(p, 'recommend-made-english-390')
  await fits(p, true)
  await p.waitForFunction(async link => { const s = await navigator.clipboard.readText(); return s.startsWith('Auntie Wang,') && s.endsWith(link) }, link)
  await sheet.getByRole('button', { name: '给她扫码' }).tap()
  await sheet.getByRole('img', { name: '给客户扫的二维码' }).waitFor()
  await shot(p, 'recommend-qr-390')
  await p.keyboard.press('Escape')
  await sheet.waitFor({ state: 'hidden' })
  await p.goto(`${t.url}/share/sent`)
  await p.getByText('王秀兰').waitFor()
  await shot(p, 'sent-waiting-390')
  await fits(p, true)
  await p.context().close()
})

test('before she sends anything the other shop has nothing of her, and her own shop nothing but that it waits', async () => {
  const [p, seen] = await reads(t.curtain.rep, 'inbox', { phone: true })
  await p.getByText('还没有人推荐过来').waitFor()
  assert.ok(!(await p.title()).startsWith('('))
  await shot(p, 'inbox-empty-390')
  await fits(p, true)
  const all = (await seen()).join()
  for (const s of [wang.name, '陈晓雯']) assert.ok(!all.includes(s), `${s} is there`)
  for (const s of [wang.phone, wang.phone.slice(-4)]) assert.ok(!stands(all, s), `${s} is there`)
  assert.deepEqual((await t.tile.rep.api('GET', 'referrals')).referrals.map(r => r.sight), ['waiting'])
  await p.context().close()
})

test('she opens the link, reads, fills three things in and sends', async () => {
  const her = await telephone(t, browser)
  let clicks = 0
  const tap = async name => { clicks++; await her.getByRole('button', { name }).click() }
  await her.goto(t.url + link)
  await her.getByRole('heading', { name: '给您的一张名片' }).waitFor()
  assert.ok(!(await her.content()).includes('王秀兰') && !(await her.content()).includes('陈晓雯'), 'the page before any act of hers names somebody')
  await fair(her)
  await tap('看一看')
  await her.locator('.said').getByText('陈晓雯').waitFor()
  await her.getByRole('contentinfo').getByText('找陈晓雯，或到店里办').waitFor()
  const yes = await her.getByRole('button', { name: '请这家店联系我' }).boundingBox(), no = await her.getByRole('button', { name: '不需要' }).boundingBox()
  assert.deepEqual([yes.width, yes.height], [no.width, no.height], 'yes is not as large as no')
  await fair(her)
  await tap('请这家店联系我')
  await title(her, '您想告诉晴窗窗帘什么')
  assert.equal(await her.locator('input:checked').count(), 0, 'a box is ticked beforehand')
  await fair(her)
  await her.getByLabel('怎么称呼您').fill('王女士')
  await her.getByLabel('手机号').fill('19900778888')
  clicks++
  await her.getByText('打电话', { exact: true }).click()
  await tap('交给他们')
  await her.getByRole('heading', { name: '已办好，这是您的回执' }).waitFor()
  assert.equal(clicks, 4)
  await fair(her)
  t.said = await her.locator('.word b').nth(0).textContent()
  t.answer = await her.locator('.word b').nth(1).textContent()
  t.her = her
})

test('who waits for half an hour is marked, and after two hours with what to do: in the inbox, and on the home of rep and owner', async () => {
  const [box, mine, owners] = [await t.curtain.rep.open(browser, '/share/inbox', { phone: true }), await t.curtain.rep.open(browser, '/', { phone: true, dark: true }), await t.curtain.owner.open(browser, '/')]
  for (const p of [box, mine, owners]) {
    await p.clock.install()
    await p.reload()
    await p.getByText(p === box ? '石语瓷砖 推荐' : '1 位客户请您联系').first().waitFor()
    assert.equal(await p.getByText(/已等/).count(), 0, 'who came just now is marked')
    await p.clock.fastForward(31 * 60_000)
    await p.getByText(/^已等 3\d 分钟$/).waitFor()
    if (p !== owners) await fits(p, true)
    await p.clock.fastForward(121 * 60_000)
    await p.getByText(/^已等 2 小时 \d+ 分，请马上接$/).waitFor()
    await shot(p, `waited-late-${p === box ? 'inbox-390' : p === mine ? 'home-390-dark' : 'home-1440'}`)
    if (p === owners) await clean(p)
    else await fits(p, true)
    await p.context().close()
  }
})

test('the receiver accepts with one tap, calls, and the pair of words proves her', async () => {
  const [p, seen] = await reads(t.curtain.rep, 'inbox', { phone: true })
  const row = p.locator('.arrival')
  await row.getByText('石语瓷砖 推荐').waitFor()
  await p.waitForFunction(() => document.title.startsWith('(1) ')) // the tab says that somebody waits
  assert.match(await row.locator('.time-left').innerText(), /^剩 [23] 天 \d+ 小时$/, 'three days to accept')
  assert.ok(!(await seen()).join().includes('王女士'), 'her name is there before anybody accepts')
  await shot(p, 'inbox-new-390')
  await fits(p, true)
  await row.getByRole('button', { name: '接', exact: true }).tap()
  await row.getByText('王女士').waitFor()
  await row.locator('.pair-word', { hasText: t.said }).waitFor()
  await p.waitForFunction(() => !document.title.startsWith('('))
  assert.match(await row.locator('.time-left').innerText(), /^剩 [67] 天 \d+ 小时$/, 'seven days to call')
  await shot(p, 'inbox-accepted-390')
  await fits(p, true)
  const everyday = readFileSync(new URL('../../i18n/zh-CN.json', import.meta.url), 'utf8') + JSON.stringify(SHOPS) // one word in thirty stands there anyway
  assert.ok(everyday.includes(t.answer) || !(await seen()).join().includes(t.answer), 'the word that she answers is on a screen of the shop')
  const tasks = await t.curtain.rep.api('POST', 'tasks/search', {})
  assert.ok(JSON.stringify(tasks).includes(t.said), 'no call task says the first word')

  // on her record: where she came from, what she agreed to, nothing of the first shop's
  await row.getByRole('link', { name: '打开客户' }).tap()
  await p.locator('.who-name', { hasText: '王女士' }).waitFor()
  await p.getByText('石语瓷砖').first().waitFor()
  await shot(p, 'arrived-record-390', { fullPage: true })
  await fits(p, true)
  await p.goto(`${t.url}/share/inbox`)
  const box = row.getByLabel('她回的第二个词')
  await box.fill('不对')
  await row.getByRole('button', { name: '对一下' }).tap()
  await row.getByRole('alert').waitFor()
  await shot(p, 'inbox-wrong-word-390')
  await box.fill(t.answer)
  await p.keyboard.press('Enter')
  await row.getByText('口令对上了').waitFor()
  assert.match(await p.locator('main').innerText(), /凭据：店员给她的链接/)
  await shot(p, 'inbox-proved-390')
  await fits(p, true)
  const all = (await seen()).join()
  for (const s of [wang.name, '陈晓雯']) assert.ok(!all.includes(s), `${s} reached the other shop`)
  assert.ok(!stands(all, wang.phone), 'her number reached the other shop')
  await p.context().close()
})

test('the first shop sees no more than she allowed', async () => {
  const [p, answers] = await reads(t.tile.rep, 'sent')
  const row = p.locator('.arrival', { hasText: '王秀兰' })
  await row.getByText('等她答复').waitFor() // as if she had not answered: she did not allow more
  const seen = (await answers()).join()
  assert.ok(seen.includes('王秀兰'), 'no answer was read')
  assert.ok(!seen.includes('王女士') && !stands(seen, '19900778888') && !stands(seen, '8888'))
  await shot(p, 'sent-untold-1440')
  await clean(p)
  const liu = await knows(t.tile.rep, '刘慧'), her = await asHer(t).opens(await recommends(t, liu))
  await her.sends({ name: '刘女士', phone: '19900778889', tell: '1' })
  await p.reload()
  await p.locator('.arrival', { hasText: '刘慧' }).getByText('她已经交给那家店').waitFor()
  await shot(p, 'sent-done-1440')
  await p.context().close()
})

test('she sees who has what, and stops it in fewer clicks than she gave', async () => {
  const { her } = t
  await her.getByRole('link', { name: '我的资料在谁那里' }).click()
  await her.getByRole('heading', { name: '我的资料在谁那里' }).waitFor()
  await fair(her)
  let clicks = 0
  clicks++
  await her.getByRole('link', { name: '叫停' }).click()
  await her.getByRole('heading', { name: '不让晴窗窗帘用您的资料了？' }).waitFor()
  await fair(her)
  clicks++
  await her.getByRole('button', { name: '叫停' }).click()
  await her.getByRole('heading', { name: '已停' }).waitFor()
  await fair(her)
  assert.ok(clicks <= 4, `${clicks} clicks to stop, 4 to give`)
  // at that shop it is locked now
  const [p, seen] = await reads(t.curtain.rep, 'inbox')
  await p.locator('.arrival', { hasText: '客户叫停' }).waitFor()
  await shot(p, 'inbox-withdrawn-1440')
  await clean(p)
  const all = (await seen()).join()
  assert.ok(all.includes('石语瓷砖') && !stands(all, '19900778888'))
  await p.context().close()
  await her.context().close()
})

test('every page of 推荐 in both languages, light and dark, at a desk and in the hand', async () => {
  const customer = await knows(t.tile.rep, '沈月华')
  for (const look of [{ name: 'zh-1024', viewport: { width: 1024, height: 768 } }, { name: 'zh-1440-dark', dark: true }, { name: 'en-1440', lang: 'en' }, { name: 'en-390-dark', lang: 'en', dark: true, phone: true }]) {
    const { name, ...options } = look
    for (const [who, path, shown] of [[t.curtain.rep, 'inbox', '.arrival'], [t.tile.rep, 'sent', '.arrival'], [t.tile.owner, 'voucher', 'form'], [t.tile.owner, 'alliance', '.member-row']]) {
      const p = await part(who, path, options)
      await p.locator(shown).first().waitFor()
      await shot(p, `share-${path}-${name}`, { fullPage: true })
      await fits(p, options.phone)
      await p.context().close()
    }
    const p = await t.tile.rep.open(browser, `/customers/${customer.id}`, options)
    await p.locator('.who').getByRole('button', { name: options.lang === 'en' ? 'Recommend' : '推荐' }).click()
    await p.getByRole('dialog').locator('.chips').first().waitFor()
    await shot(p, `share-recommend-${name}`)
    await fits(p, options.phone)
    await p.context().close()
  }
})

test('the keyboard alone: recommend, take it back, and Esc leaves everything as it was', async () => {
  const customer = await knows(t.tile.rep, '邵志诚', { need: ['curtain'] })
  const p = await t.tile.rep.open(browser, `/customers/${customer.id}`)
  await p.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: t.url })
  const open = p.locator('.who').getByRole('button', { name: '推荐' }), sheet = p.getByRole('dialog', { name: /推荐一家店/ })
  await open.focus()
  await p.keyboard.press('Enter')
  await sheet.getByText('还差：').waitFor()
  await p.keyboard.press('Escape')
  await sheet.waitFor({ state: 'hidden' })
  await becomes(() => open.evaluate(e => e === document.activeElement), true, 'the focus is not where it was')
  await p.keyboard.press('Enter')
  await sheet.getByRole('radio', { name: '当面说的' }).focus()
  await p.keyboard.press('Space')
  await sheet.getByRole('button', { name: '复制话术' }).focus()
  await p.keyboard.press('Enter')
  await sheet.getByText('话术已复制').waitFor()
  await sheet.getByRole('button', { name: '收回' }).focus()
  await p.keyboard.press('Enter')
  await sheet.getByText('收回后链接作废').waitFor()
  await shot(p, 'recommend-take-back-1440')
  await clean(p)
  await p.keyboard.press('Escape')
  await sheet.getByText('收回后链接作废').waitFor({ state: 'hidden' })
  assert.ok(await sheet.isVisible(), 'Esc closed more than the question')
  const link = new URL(/https?:\S+$/.exec(await p.evaluate(() => navigator.clipboard.readText()))[0]).pathname
  await sheet.getByRole('button', { name: '收回' }).click()
  await sheet.getByText('收回后链接作废').waitFor()
  await sheet.getByRole('button', { name: '收回' }).click()
  await toast(p).getByText('收回了，链接作废').waitFor()
  assert.match((await asHer(t).get(link)).text, /这个链接不能用了/)
  await p.context().close()
})

test('the code is on the screen at once where she stands beside', async () => {
  const her = await knows(t.tile.rep, '翁丽珠', { need: ['curtain'] })
  const p = await t.tile.rep.open(browser, `/customers/${her.id}`, { phone: true })
  await p.locator('.who').getByRole('button', { name: '推荐' }).tap()
  const sheet = p.getByRole('dialog', { name: /给翁丽珠推荐一家店/ })
  await sheet.getByText('当面说的', { exact: true }).tap()
  const [made] = await Promise.all([p.waitForResponse('**/recommend'), sheet.getByRole('button', { name: '给她扫码' }).tap()])
  const { url, qr } = await made.json()
  await scans(sheet.getByRole('img', { name: '给客户扫的二维码' }), { url, qr }, `${t.url}${new URL(url).pathname}`)
  assert.equal(await sheet.locator('.made-words').count(), 0)
  await fits(p, true)
  const { referrals } = await t.tile.rep.api('GET', `customers/${her.id}/referrals`)
  assert.deepEqual(referrals.map(r => r.way), ['qr'])
  await t.tile.rep.api('POST', `referrals/${referrals[0].id}/cancel`)
  await p.context().close()
})

test('not taking it asks once more, and then nothing of her is left', async () => {
  const her = await asHer(t).opens(await recommends(t, await knows(t.tile.rep, '倪桂香')))
  await her.sends({ name: '倪女士', phone: '19900778890' })
  const p = await part(t.curtain.rep, 'inbox', { phone: true })
  const row = p.locator('.arrival', { hasText: '等您接' }).first()
  await row.getByRole('button', { name: '不接' }).tap()
  await row.getByText('不能恢复').waitFor()
  await shot(p, 'inbox-reject-390')
  await fits(p, true)
  await row.getByRole('button', { name: '取消' }).tap()
  await row.getByText('不能恢复').waitFor({ state: 'detached' })
  await row.getByRole('button', { name: '不接' }).tap()
  await row.getByText('不能恢复').waitFor()
  await row.getByRole('button', { name: '不接' }).click() // no second touch at one place: a quick one is a double one
  await toast(p).getByText('没接，她的资料已删').waitFor()
  assert.ok(!JSON.stringify(await t.curtain.rep.api('GET', 'inbox')).includes('倪女士'))
  await p.context().close()
})
