// The real program for browser tests: started on an empty directory, set up
// through its own pages, and stopped. KEXIN_BIN names the program.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join as under } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { logged, open } from './kit.mjs'

const BIN = process.env.KEXIN_BIN ?? under(dirname(fileURLToPath(import.meta.url)), '../../kexin')

export const PASSWORD = '海边的卡夫卡在喝茶呢'

const dirs = [], children = []
const kill = () => { for (const c of children) c.kill('SIGKILL') }
if (process.argv[1]?.endsWith('.test.mjs')) after(kill) // those that a failed beginning left behind would keep the run from its end
process.once('exit', () => {
  kill()
  for (const d of dirs) rmSync(d, { recursive: true, force: true })
})

/** freeDir makes a directory that is gone after the run. */
function freeDir() {
  const dir = mkdtempSync(under(tmpdir(), 'kexin-e2e-'))
  dirs.push(dir)
  return dir
}

/**
 * start runs the program on an empty directory, or on dir again, and waits
 * until it answers. Its shops lie where it is morning: no test meets midnight
 * there, nor the end of a day's budget. It gives url, setup (the one-time link, '' where somebody
 * is set up), dir, said() for what it printed, and stop(signal).
 */
export async function start({ dir = freeDir(), lang = 'zh-CN', args = [], env = {} } = {}) {
  assert.ok(existsSync(BIN), `${BIN} is not there: make build, or set KEXIN_BIN`)
  const first = !existsSync(under(dir, 'data')) && !args.includes('--demo')
  const child = spawn(BIN, ['serve', '--data', under(dir, 'data'), '--master-key-file', under(dir, 'key', 'master.key'), '--addr', '127.0.0.1:0', '--lang', lang, ...(args.includes('--demo') ? [] : ['--zone', daytime()]), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: dir, TMPDIR: tmpdir(), ...env } })
  children.push(child)
  let said = ''
  logged(() => said)
  for (const s of [child.stdout, child.stderr]) s.on('data', d => { said += d })
  const ended = new Promise(done => child.once('exit', (code, signal) => done(code ?? signal)))
  const url = await until(() => /(http:\/\/127\.0\.0\.1:\d+)\D/.exec(said)?.[1], ended, () => said)
  await until(() => fetch(`${url}/readyz`).then(r => r.ok, () => false), ended, () => said)
  const setup = () => /http:\/\/\S+\/setup\/\S+(?=\s)/.exec(said)?.[0] ?? ''
  if (first) await until(setup, ended, () => said) // it is said before anybody is answered, and may be heard later
  return {
    url, dir, said: () => said, pid: child.pid,
    get setup() { return setup() },
    /** run is a command beside the running server, which answers it; it gives what it printed. */
    run: (...command) => promisify(execFile)(BIN, [...command, '--data', under(dir, 'data'), '--master-key-file', under(dir, 'key', 'master.key'), '--lang', lang], { env: { PATH: process.env.PATH, HOME: dir, TMPDIR: tmpdir(), ...env } }).then(r => r.stdout),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return ended
    },
  }
}

async function until(look, ended, why) {
  const over = ended.then(code => { throw new Error(`the program ended with ${code}\n${why()}`) })
  over.catch(() => {}) // only a failure while somebody waits
  for (const end = Date.now() + 300_000; Date.now() < end;) {
    const v = await Promise.race([look(), over])
    if (v) return v
    await new Promise(r => setTimeout(r, 30))
  }
  throw new Error(`nothing after five minutes\n${why()}`)
}

/** daytime is a zone where it is past ten in the morning: a customer may be called there. */
export const daytime = () => `Etc/GMT${AHEAD > 0 ? '-' : '+'}${Math.abs(AHEAD)}`

/** daysAgo is a day that lies n days back, there and in Greenwich: no test is of one year only. */
export const daysAgo = n => new Date(Date.now() - n * 86_400_000).toISOString().slice(0, 10)

/** AHEAD is how many hours its clock is east of Greenwich, from -12 to 11; the same for the whole run. */
const AHEAD = (10 - new Date().getUTCHours() + 36) % 24 - 12

/** midnight is the beginning of the day n days from today, there. */
export const midnight = n => Math.floor((Date.now() + AHEAD * 3_600_000) / 86_400_000 + n) * 86_400_000 - AHEAD * 3_600_000

/** totp is the six digits of a base32 seed at a moment (RFC 6238). */
export function totp(secret, at = Date.now()) {
  let bits = ''
  for (const c of secret.replace(/[\s=]/g, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g).map(b => parseInt(b, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const sum = createHmac('sha1', key).update(step).digest()
  return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** wrongCode is six digits that the seed gives at no moment near now. */
export const wrongCode = secret => ['000000', '111111', '222222', '333333', '444444', '555555'].find(c => ![-2, -1, 0, 1, 2].some(k => totp(secret, Date.now() + k * 30_000) === c))

/** A Person is somebody with a browser: cookies, account, second factor. */
export class Person {
  cookies = new Map()
  secret = ''
  #step = 0

  constructor(url, { name = '', login = '', lang = 'zh-CN' } = {}) { Object.assign(this, { url, name, login, lang }) }

  /** ask sends a request as this person's browser would, and keeps the cookies it gets. */
  async ask(method, where, { body, type, headers = {} } = {}) {
    const res = await fetch(this.url + where, {
      method, body, redirect: 'manual',
      headers: { 'Accept-Language': this.lang, 'Sec-Fetch-Site': 'same-origin', Cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; '), ...(type ? { 'Content-Type': type } : {}), ...headers },
    })
    for (const c of res.headers.getSetCookie()) {
      const [pair, ...rest] = c.split(';')
      const [k, v] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
      if (rest.some(r => /^\s*Max-Age=(0|-)/i.test(r))) this.cookies.delete(k)
      else this.cookies.set(k, v)
    }
    return { status: res.status, location: res.headers.get('location') ?? '', headers: res.headers, text: await res.text() }
  }

  get(path) { return this.ask('GET', path) }

  /** form posts a form of the server's own pages. */
  form(path, fields) { return this.ask('POST', path, { body: new URLSearchParams(fields).toString(), type: 'application/x-www-form-urlencoded' }) }

  /** api calls /api/v1; anything but the status wanted is a failure. */
  async api(method, path, body, want) {
    const a = await this.ask(method, `/api/v1/${path}`, { body: body === undefined ? undefined : JSON.stringify(body), type: body === undefined ? undefined : 'application/json' })
    if (want ? a.status !== want : a.status >= 400) assert.fail(`${method} ${path}: ${a.status} ${a.text}`)
    return a.text ? JSON.parse(a.text) : undefined
  }

  /** code is a six-digit code that was not used before: within 30 seconds it is the next one, and who wants a third waits until that is the next. */
  async code() {
    const now = () => Math.floor(Date.now() / 30_000)
    this.#step = Math.max(now(), this.#step + 1)
    while (this.#step > now() + 1) await new Promise(r => setTimeout(r, 500))
    return totp(this.secret, this.#step * 30_000)
  }

  /** signIn signs in afresh, with the second factor where it is asked. */
  async signIn() {
    this.cookies.delete('kx')
    let a = await this.form('/login', { login: this.login, password: PASSWORD })
    if (a.location.startsWith('/login') && this.secret) a = await this.form('/login/code', { code: await this.code(), remember: '1' })
    assert.equal(a.status, 303, a.text)
    return this
  }

  /** stale signs in on the device that remembers this person: the second factor was not shown in this session. */
  async stale() {
    this.cookies.delete('kx')
    await this.form('/login', { login: this.login, password: PASSWORD })
    await this.form('/login/code', { code: this.codes.pop(), remember: '1' })
    await this.signIn()
    assert.equal((await this.api('GET', 'me')).stepUp, 0, 'the second factor is fresh')
    return this
  }

  /**
   * fresh shows the second factor once more where it counts for less than five of its ten minutes: a slow machine gets there. The cookie changes, so it
   * comes before the pages.
   */
  async fresh() {
    if ((await this.api('GET', 'me')).stepUp - Date.now() < 300_000) await this.api('POST', 'step-up', { code: await this.code() })
    return this
  }

  /** enrol sets up the second factor; for ten minutes acts that need it afresh are open then. */
  async enrol() {
    this.secret = (await this.api('POST', 'totp')).secret
    this.codes = (await this.api('POST', 'totp/confirm', { code: await this.code() })).codes
    return this
  }

  /** enrolFirst sets it up on the server's own page, where nothing else is open before. */
  async enrolFirst() {
    await this.form('/totp', {})
    this.secret = /class="secret"[^]*?<code>([^<]*)/.exec((await this.get('/totp')).text)[1]
    const a = await this.form('/totp/confirm', { code: await this.code() })
    assert.equal(a.status, 200, a.text)
    return this
  }

  /**
   * open gives a page in which this person is signed in, on path. The session
   * is shared with every other page of his: one that shows the second factor
   * again gets a new cookie, and take() brings it here.
   */
  async open(browser, path, options = {}) {
    const page = await open(browser, { lang: this.lang, ...options })
    page.base = this.url
    await page.context().addCookies([...this.cookies].map(([name, value]) => ({ name, value, url: this.url, httpOnly: true, sameSite: 'Lax' })))
    if (path) await page.goto(this.url + path)
    return page
  }

  /** take keeps the cookies of a page. */
  async take(page) {
    for (const c of await page.context().cookies(this.url)) this.cookies.set(c.name, c.value)
    return this
  }
}

/** found sets up a merchant through its link and gives the owner, signed in. */
export async function found(server, { size = 'shop', name = '石语瓷砖店', owner = '林国栋', login = 'lin', lang = 'zh-CN', factor = true, link = server.setup, uscc = '92330382MAKXDM012G', contact = '0577-62500000', address = '温州市乐清市清远路18号' } = {}) {
  const p = new Person(server.url, { name: owner, login, lang })
  const path = new URL(link).pathname
  const a = await p.form(path, { size, name, uscc, contact, address, owner, login, password: PASSWORD, again: PASSWORD })
  assert.equal(a.status, 303, a.text)
  await p.form('/welcome', {})
  return factor ? p.enrol() : p
}

/** invite has the owner make a link; strong positions need his second factor. */
export const invite = (owner, name, position, more = {}) => owner.api('POST', 'invites', { name, position, ...more })

/** join has somebody invited and joined, signed in. */
export async function join(owner, { name, login, position = 'rep', lang = owner.lang, ...more }) {
  const { url } = await invite(owner, name, position, more)
  const p = new Person(owner.url, { name, login, lang })
  const a = await p.form(new URL(url).pathname, { login, password: PASSWORD, again: PASSWORD })
  assert.equal(a.status, 303, a.text)
  if (a.location.startsWith('/totp')) await p.enrolFirst()
  p.id = (await p.api('GET', 'me')).id
  return p
}

/**
 * shop is a merchant at work: server, owner and staff by position.
 *
 *   const w = await shop({ size: 'company', staff: { rep: '孙婷', leader: '王敏' } })
 *   const page = await w.rep.open(browser, '/customers', { phone: true })
 *   await w.stop()
 */
export async function shop({ staff = { rep: '孙婷' }, server: serve = {}, ...founding } = {}) {
  const server = await start(serve)
  const owner = await found(server, founding)
  owner.id = (await owner.api('GET', 'me')).id
  const w = { server, owner, url: server.url, stop: () => server.stop() }
  for (const [position, name] of Object.entries(staff)) w[position] = await join(owner, { name, login: position, position, lang: founding.lang })
  return w
}
