// The phone and the tour of the demonstration. Her pages in the frame need no script.
const at = id => document.getElementById(id)
const words = JSON.parse(document.body.dataset.words)
const zone = 'Asia/Shanghai', lang = document.documentElement.lang
let state = JSON.parse(document.body.dataset.state), who = localStorage.getItem('who') ?? '', drawn = ''
const seen = JSON.parse(localStorage.getItem('seen') ?? 'null') ?? Object.fromEntries(state.phones.map(p => [p.id, p.messages.length])) // what was there before is not new
const frames = new Map()

const phone = () => state.phones.find(p => p.id === who) ?? state.phones[0]
const label = p => (p.name || `${words.other} ${p.number}`)
const moment = (t, o) => new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : 'zh-CN', { timeZone: zone, ...o }).format(t)

function el(tag, props = {}, ...children) {
  const e = Object.assign(document.createElement(tag), props)
  e.append(...children)
  return e
}

// said gives the words of a message with the links of this server as buttons.
function said(text) {
  const out = []
  let from = 0
  for (const m of text.matchAll(/(https?:\/\/[^\s/]+)?\/l\/([A-Za-z0-9_-]{20,})/g)) {
    out.push(text.slice(from, m.index).trimEnd(), el('button', { type: 'button', className: 'link', textContent: words.open, onclick: () => open(m[2]) }))
    from = m.index + m[0].length
  }
  out.push(text.slice(from))
  return out
}

// open shows a link as she does: in the frame of her phone, whose host knows no staff.
function open(token) {
  const p = phone()
  frames.get(p.id)?.remove()
  const f = el('iframe', { title: words.frame, src: `http://${p.id}.${location.host}/l/${token}` })
  frames.set(p.id, f)
  at('pages').append(f)
  show(true)
}

function show(page) {
  const own = frames.get(phone().id)
  const on = page && own !== undefined
  at('pages').hidden = !on
  at('screen').hidden = on
  for (const f of frames.values()) f.hidden = f !== own
}

function draw() {
  const p = phone()
  at('clock').textContent = moment(state.now, { month: 'long', day: 'numeric', weekday: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const fresh = state.phones.filter(x => x.messages.length > (seen[x.id] ?? 0) && x.id !== p.id)
  at('new').hidden = fresh.length === 0
  seen[p.id] = p.messages.length
  localStorage.setItem('seen', JSON.stringify(seen))
  const now = JSON.stringify([p, state.phones.map(x => [x.id, x.messages.length])])
  if (now === drawn) return
  drawn = now
  at('whose').replaceChildren(...state.phones.map(x => el('option', { value: x.id, selected: x.id === p.id, textContent: label(x) + (fresh.includes(x) ? ' ●' : '') })))
  at('name').textContent = label(p)
  at('number').textContent = p.number
  const list = at('messages')
  list.replaceChildren(...(p.messages.length ? p.messages.map(m => el('div', { className: m.kind === 'pasted' ? 'message pasted' : 'message' },
    el('span', { className: 'when', textContent: `${words[m.kind === 'pasted' ? 'pasted' : 'sms']} · ${moment(m.at, { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}` }),
    el('p', { lang: 'zh-CN' }, ...said(m.text)))) : [el('p', { className: 'none', textContent: words.empty })]))
  list.scrollTop = list.scrollHeight
}

function choose(id) {
  who = id
  localStorage.setItem('who', id)
  draw()
  show(frames.has(id))
}

async function ask() {
  try {
    const r = await fetch('/state', { cache: 'no-store' })
    if (r.ok) { state = await r.json(); draw() }
  } catch { /* the server is away; the next time asks again */ }
}

async function paste(text) {
  if (!text.trim()) return
  const r = await fetch(`/paste?lang=${lang}`, { method: 'POST', body: new URLSearchParams({ phone: phone().id, text }) })
  if (!r.ok) { at('words').setCustomValidity(await r.text()); at('words').reportValidity(); return }
  at('words').value = ''
  state = await r.json()
  draw()
  show(false)
}

at('whose').onchange = e => choose(e.target.value)
at('back').onclick = () => show(false)
at('number-copy').onclick = async e => {
  await navigator.clipboard.writeText(phone().number).catch(() => {})
  e.target.textContent = words.copied
  setTimeout(() => { e.target.textContent = words.copy }, 2000)
}
at('words').oninput = e => e.target.setCustomValidity('')
at('words').onpaste = e => { // one act: what is pasted is there
  e.preventDefault()
  void paste(e.clipboardData.getData('text'))
}
at('paste').onsubmit = async e => {
  e.preventDefault()
  const typed = at('words').value
  if (typed.trim()) return paste(typed)
  try {
    await paste(await navigator.clipboard.readText())
  } catch { at('words').setCustomValidity(words.paste_none); at('words').reportValidity() }
}

// The tour: ticked and closed in this browser.
const done = JSON.parse(localStorage.getItem('done') ?? '[]')
for (const step of document.querySelectorAll('.step')) {
  const box = step.querySelector('input[type=checkbox]'), key = step.dataset.step
  const set = () => step.classList.toggle('done', box.checked)
  box.checked = done.includes(key)
  set()
  box.onchange = () => {
    set()
    localStorage.setItem('done', JSON.stringify([...document.querySelectorAll('.step.done')].map(s => s.dataset.step)))
  }
}
const tour = open => { at('tour').hidden = !open; at('tour-open').hidden = open; localStorage.setItem('tour', open ? '' : 'closed') }
tour(localStorage.getItem('tour') !== 'closed')
at('tour-close').onclick = () => { tour(false); at('tour-open').focus() }
at('tour-open').onclick = () => tour(true)

// On a narrow screen one side at a time.
function tab(side) {
  document.body.dataset.side = side
  for (const a of document.querySelectorAll('[data-tab]')) a.dataset.tab === side ? a.setAttribute('aria-current', 'true') : a.removeAttribute('aria-current')
}
for (const a of document.querySelectorAll('[data-tab]')) a.onclick = e => { e.preventDefault(); tab(a.dataset.tab); scrollTo(0, 0) }
for (const b of document.querySelectorAll('[data-phone]')) b.onclick = () => { const p = state.phones.find(x => x.name === b.dataset.phone); if (p) choose(p.id); tab('right'); at('phone').scrollIntoView({ block: 'nearest' }) }

// Words that a page of staff sends along: #to=NAME&words=TEXT, which never reach a server by the address.
function brought() {
  const h = new URLSearchParams(location.hash.slice(1))
  if (!h.has('words')) return
  history.replaceState(null, '', location.pathname + location.search)
  const p = h.get('to') ? state.phones.find(x => x.name === h.get('to')) : undefined
  if (p) who = p.id
  localStorage.setItem('who', phone().id)
  tab('right')
  void paste(h.get('words'))
}

tab('left')
if (!state.phones.some(p => p.id === who)) who = state.phones[0].id
draw()
show(false)
brought()
onhashchange = brought
setInterval(ask, 1500)
