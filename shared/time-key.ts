/** Keys that sort by time. Pure. */

export type TimeOrder = 'newest' | 'oldest';

const DIGITS = 15;
/** Beyond every date, in milliseconds: Table Storage sorts upwards only, so that the newest are stored by what is left. */
export const END_OF_TIME = 10 ** DIGITS - 1;

/** What a key looks like that has a time and then the id of what was at that time. */
export const timeAndIdKey = new RegExp(`^\\d{${DIGITS}}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`);

/** A part of a row key by which rows are in the order of a time, given in milliseconds since the epoch. */
export function timeKey(order: TimeOrder, milliseconds: number): string {
  const time = Math.min(Math.max(milliseconds, 0), END_OF_TIME);
  return String(order === 'oldest' ? time : END_OF_TIME - time).padStart(DIGITS, '0');
}
