import { tn } from '../words'

/** Count says how many customers wait behind an entry of the menu. */
export const Count = ({ n }: { n: number }) => (n > 0 ? <><span className="nv-count" aria-hidden>{n > 99 ? '99+' : n}</span><span className="sr">{tn('web.share.today', n)}</span></> : null)
