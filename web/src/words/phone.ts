/** sayPhone writes a full number as people read it: a mobile of the mainland in three parts, any other as it is. */
export const sayPhone = (n: string): string => n.replace(/^(?:\+86)?(1\d\d)(\d{4})(\d{4})$/, '$1 $2 $3')
