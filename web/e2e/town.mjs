// Three shops of one town on one server, for the browser tests of what they do
// about one customer: tile 石语瓷砖 recommends, curtain 晴窗窗帘 and lamp 明灯照明
// receive. The alliance is founded in the test itself or by ally().
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join as under } from 'node:path'
import { axe, open, shot, small, tooWide } from './kit.mjs'
import { uneven } from './looks.mjs'
import { Person, daysAgo, found, join, start } from './server.mjs'

/** Each shop as its owner sets it up; the credit codes have right check digits and belong to nobody. */
export const SHOPS = {
  tile: { name: '石语瓷砖店', shown: '石语瓷砖', owner: '林国栋', login: 'lin', rep: ['陈晓雯', 'chen'], uscc: '92330382MAKXDM012G', contact: '0577-62520001', address: '乐清市伯乐东路 1 号', needs: ['tile', 'bath'], about: '瓷砖，上门量尺，送货到楼' },
  curtain: { name: '晴窗窗帘店', shown: '晴窗窗帘', owner: '叶丽萍', login: 'ye', rep: ['黄蕾', 'huang'], uscc: '92330382MAKXDM0398', contact: '0577-62520002', address: '乐清市建材市场 2 栋 15 号', needs: ['curtain'], about: '布帘、纱帘、百叶，免费量尺，一周装好' },
  lamp: { name: '明灯照明店', shown: '明灯照明', owner: '郭亮', login: 'guo', rep: ['施敏', 'shi'], uscc: '92330382MAKXDM055X', contact: '0577-62520003', address: '乐清市建材市场 3 栋 2 号', needs: ['lamp'], about: '' },
}

/** cardOf is what a shop tells of itself. */
export const cardOf = ({ shown, address, contact, about, needs }) => ({ shown, address, phone: contact, about, needs })

/** town sets the shops up, each by a link of its own; shops names which, lang is that of the staff's pages. */
export async function town({ shops = Object.keys(SHOPS), lang = 'zh-CN', server: options = {} } = {}) {
  const server = await start(options)
  const t = { server, url: server.url, stop: () => server.stop() }
  for (const key of shops) {
    const s = SHOPS[key]
    const link = key === shops[0] ? server.setup : JSON.parse(await server.run('setup', '--json')).link
    const owner = await found(server, { ...s, link, lang })
    await owner.api('POST', 'notice/publish')
    owner.org = (await owner.api('GET', 'card')).id
    const rep = await join(owner, { name: s.rep[0], login: s.rep[1] })
    t[key] = { ...s, owner, rep, org: owner.org }
  }
  return t
}

/** ally fills in the cards, founds the alliance and verifies who joins. */
export async function ally(t, name = '安居联盟') {
  const all = Object.keys(SHOPS).filter(k => t[k])
  for (const k of all) await t[k].owner.api('PUT', 'card', cardOf(t[k]))
  await t[all[0]].owner.api('POST', 'alliance', { name })
  const { url } = await t[all[0]].owner.api('POST', 'alliance/invitation')
  for (const k of all.slice(1)) {
    await t[k].owner.api('POST', 'alliance/join', { token: new URL(url).hash.slice(1) })
    await t[all[0]].owner.api('POST', `alliance/members/${t[k].org}/state`, { state: 'verified', shown: cardOf(t[k]).shown })
  }
  return t
}

let n = 0
/** knows takes a customer down and gives her with her id; the numbers lie in a range that no operator gives out. */
export async function knows(who, name = '王秀兰', more = {}) {
  const fields = { name, phone: `1990077${String(3461 + n++ * 7)}`, type: 'person', salutation: 'aunt', source: 'store', source_on: daysAgo(3), ...more }
  return { ...fields, id: (await who.api('POST', 'customers', { fields, same: 'different' })).id }
}

/** recommends asks a customer about shops and gives the path of her link. */
export async function recommends(t, customer, need = 'curtain', shops = ['curtain'], by = t.tile.rep) {
  const r = await by.api('POST', `customers/${customer.id}/recommend`, { need, shops: shops.map(k => t[k].org), said: 'store', way: 'copy' })
  return new URL(r.url).pathname
}

const WECHAT = 'Mozilla/5.0 (Linux; Android 14; V2303A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36 XWEB/1260117 MMWEBSDK/20240501 MicroMessenger/8.0.50'

/** telephone is her browser: WeChat's, without script. size names another one. It has no touch: that does not wait for the page that it leads to, as a click does. */
export async function telephone(t, browser, { size, big, ...options } = {}) {
  const page = await open(browser, { phone: true, hasTouch: false, javaScriptEnabled: false, userAgent: WECHAT, ...(size ? { viewport: size, isMobile: false, deviceScaleFactor: 1 } : {}), ...options })
  page.base = t.url
  if (big) await page.context().addCookies([{ name: 'kxb', value: '1', url: t.url }])
  return page
}

/** A Her is her browser where nobody has to look at it: it reads forms and sends them. */
class Her extends Person {
  /** opens follows a link and begins a visit. */
  async opens(link) {
    this.at = link
    this.page = (await this.get(link)).text
    await this.press({})
    return this
  }

  /** press sends the first form of the page with these fields, and follows to the next page. */
  async press(fields) {
    const form = /<form[^>]*action="([^"]*)"[\s\S]*?<\/form>/.exec(this.page)
    assert.ok(form, this.page)
    const hidden = [...form[0].matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(m => [m[1], m[2]])
    let a = await this.form(form[1].replaceAll('&amp;', '&'), { ...Object.fromEntries(hidden), ...fields })
    while (a.status === 303) a = await this.get(this.at = a.location)
    this.page = a.text
    return a
  }

  /** sends asks the first shop to contact her, and gives what she types. */
  async sends(fields) {
    await this.press({ answer: 'yes' })
    const a = await this.press({ answer: 'yes', channel: 'call', ...fields })
    assert.match(a.text, /已办好|Done/)
    return this
  }
}

/** asHer is such a browser. */
export const asHer = (t, lang = 'zh-CN') => new Her(t.url, { lang })

/**
 * fair checks one of her pages as it lies in her browser: nothing against WCAG,
 * nothing sideways, no small target, no script. Her browser runs no script, and
 * so no checker: the page is looked at in a second one, with the same sheet.
 * Whoever pressed waits for what the next page says, and so for that page; this
 * waits for all of it.
 */
export async function fair(page, { dark = false, zoom = 100, shot: name } = {}) {
  await page.waitForLoadState()
  const mirror = await open(page.context().browser(), { dark, viewport: page.viewportSize(), deviceScaleFactor: 1 })
  try {
    await mirror.goto(`${page.base}/hers.css`)
    const html = await page.content()
    assert.ok(!/<script|\son[a-z]+=|javascript:/i.test(html), 'a script stands in her page')
    await mirror.setContent(html, { waitUntil: 'load' })
    if (zoom !== 100) await mirror.evaluate(z => { document.documentElement.style.fontSize = `${z}%` }, zoom) // as a browser set to larger text
    if (name) await shot(mirror, name, { fullPage: true })
    assert.deepEqual(await axe(mirror), [], `axe: ${page.url()}`)
    assert.deepEqual(await tooWide(mirror), [], `wider than the screen: ${page.url()}`)
    assert.deepEqual(await small(mirror, 44, '.tick > input'), [], `small targets: ${page.url()}`)
    assert.deepEqual(page.foreign, [], 'another origin')
    assert.deepEqual(page.errors, [], 'console')
  } finally {
    await mirror.context().close()
  }
}

/** words are the sentences of the catalogue in a language: words('en')('hers.intro.yes', { shop: … }). */
export function words(lang) {
  const all = JSON.parse(readFileSync(new URL(`../../i18n/${lang}.json`, import.meta.url), 'utf8'))
  return (key, args = {}) => {
    assert.ok(all[key], `no words for ${key}`)
    return Object.entries(args).reduce((s, [k, v]) => s.replaceAll(`{${k}}`, v), all[key])
  }
}

/**
 * freePort is a port that a server can be told before it starts: below those that the system gives to any connection, so that none has it when the
 * server comes, and begun at another place in every process.
 */
async function freePort() {
  for (let port = 20_000 + process.pid % 10_000; ; port++) {
    const taken = await new Promise(done => { const c = connect(port, '127.0.0.1', () => { c.destroy(); done(true) }).on('error', () => done(false)) })
    if (!taken) return port
  }
}

const LINK = /(https?:\/\/\S+?\/l\/[0-9A-Za-z]+)/

/**
 * gateway is a real SMS service over HTTPS, which checks who asks and keeps what
 * it is to send. It gives the options of a server that uses it, what came to a
 * number, and stop().
 */
export async function gateway() {
  const dir = mkdtempSync(under(tmpdir(), 'kexin-sms-')), at = f => under(dir, f)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=sms', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', at('key.pem'), '-out', at('cert.pem')], { stdio: 'ignore' })
  const secret = Buffer.from('this secret is known to two programs').toString('base64'), boxes = new Map()
  writeFileSync(at('secret'), secret, { mode: 0o600 })
  const service = createServer({ key: readFileSync(at('key.pem')), cert: readFileSync(at('cert.pem')) }, (req, res) => {
    let body = ''
    req.on('data', d => { body += d })
    req.on('end', () => {
      const h = req.headers, sum = createHmac('sha256', Buffer.from(secret, 'base64')).update(`${h['webhook-id']}.${h['webhook-timestamp']}.${body}`).digest('base64')
      if (h['webhook-signature'] !== `v1,${sum}`) { res.writeHead(401).end(); return }
      const { to, text } = JSON.parse(body)
      boxes.set(to, [...(boxes.get(to) ?? []), text])
      res.setHeader('Content-Type', 'application/json')
      res.end(JSON.stringify({ id: h['webhook-id'] }))
    })
  })
  await new Promise(done => service.listen(0, '127.0.0.1', done))
  const found = (number, what) => (boxes.get(number) ?? []).flatMap(m => what.exec(m)?.[1] ?? [])
  const next = async (number, what, had) => {
    for (const end = Date.now() + 300_000; Date.now() < end;) {
      const all = found(number, what)
      if (all.length > had) return all.at(-1)
      await new Promise(r => setTimeout(r, 50))
    }
    throw new Error(`nothing like ${what} to ${number}`)
  }
  const own = await freePort()
  return {
    server: {
      args: ['--addr', `127.0.0.1:${own}`, '--public-url', `http://127.0.0.1:${own}`, '--outbound-allow', '127.0.0.0/8', '--sms-url', `https://127.0.0.1:${service.address().port}/send`, '--sms-secret-file', at('secret'), '--sms-reply-secret-file', at('secret')],
      env: { SSL_CERT_FILE: at('cert.pem') },
    },
    /** code waits for the next code to a number, behind had codes, and gives its six digits. */
    code: (number, had = 0) => next(number, /(?:验证码|[Cc]ode)\D{0,4}(\d{6})/, had),
    /** link waits for the next link to a number, behind had links. */
    link: (number, had = 0) => next(number, LINK, had),
    links: number => found(number, LINK),
    stop: () => service.close(),
  }
}

/** title waits for a page of hers, and for all of it: its heading comes before the rest. */
export async function title(page, name) {
  await page.getByRole('heading', { level: 1, name }).waitFor()
  await page.waitForLoadState()
}

/** looking is her browser at a look: see waits for a page and looks at it, and at those called even for a difference between yes and no; press sends what a button sends. */
export async function looking(t, browser, look, even) {
  const lang = look.lang ?? 'zh-CN', say = words(lang), her = await telephone(t, browser, { ...look, lang })
  const press = name => her.getByRole('button', { name, exact: true }).first().click()
  const see = async (name, heading) => {
    await title(her, heading)
    assert.equal(await her.locator('html').getAttribute('lang'), lang)
    assert.equal(await her.locator('html').getAttribute('class'), look.big ? 'big' : null)
    if (even.includes(name)) assert.deepEqual(await uneven(her), [], name)
    await fair(her, { ...look, shot: `hers-${name}-${look.name}` })
  }
  return { her, say, press, see }
}
