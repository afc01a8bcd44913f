import type { ReactNode } from 'react'

/** Head is the 44 px title of a section: what it is, how many, and at most one link. */
export function Head({ title, count, children, id }: { title: ReactNode; count?: ReactNode; children?: ReactNode; id?: string }) {
  return (
    <div className="hd">
      <h2 id={id}>{title}{count !== undefined && <span className="n">{count}</span>}</h2>
      <span className="grow" />
      {children}
    </div>
  )
}

export type Tone = 'ok' | 'wa' | 'no' | 'sel' | 'sh' | 'inf' | ''

/** Chip is a state: icon and word, never colour alone. */
export const Chip = ({ tone = '', icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) => <span className={`chip ${tone}`}>{icon}{children}</span>

export const Avatar = ({ name, size = 24 }: { name: string; size?: number }) => (
  <span className="av" style={{ width: size, height: size, fontSize: size < 28 ? 12 : size < 36 ? 13 : 16 }} aria-hidden>{[...name][0] ?? ''}</span>
)

/** Facts is a list of labels with their values. */
export const Facts = ({ items, wide }: { items: [key: string, label: ReactNode, value: ReactNode][]; wide?: boolean }) => (
  <dl className={wide ? 'kv wide' : 'kv'}>
    {items.map(([key, label, value]) => <div key={key}><dt>{label}</dt><dd>{value}</dd></div>)}
  </dl>
)

/** Meter is a share of a whole with its words beside it. */
export function Meter({ part, whole, label, tall }: { part: number; whole: number; label: string; tall?: boolean }) {
  const share = whole > 0 ? Math.min(100, (part / whole) * 100) : 0
  return (
    <div className={tall ? 'meter tall' : 'meter'} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={whole} aria-valuenow={part}>
      <i style={{ width: `${share}%` }} />
    </div>
  )
}

export const Logo = ({ name }: { name: string }) => (
  <svg width="24" height="24" viewBox="0 0 24 24" role="img" aria-label={name}>
    <rect width="24" height="24" rx="6" fill="var(--p)" />
    <path d="M6.2 11.2a5.8 5.8 0 1 1 3 5.1L6.4 17.6l.9-2.7a5.7 5.7 0 0 1-1.1-3.7Z" fill="none" stroke="var(--pt)" strokeWidth="1.7" strokeLinejoin="round" />
    <path d="m9.6 11.3 1.8 1.8 3.2-3.5" fill="none" stroke="var(--pt)" strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round" />
  </svg>
)
