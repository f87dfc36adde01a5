import { fromLittleEndian, int32, littleEndian, uint16 } from './bytes.ts';
import { type SqlType, scaleOf, timeWidth } from './types.ts';

const DAY_MS = 86_400_000;
const DAY_SECONDS = 86_400n;
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');
const YEAR_1900 = Date.UTC(1900, 0, 1);

const dayNumber = (text: string, epoch: number) =>
  Math.round((Date.parse(`${text.slice(0, 10)}T00:00:00Z`) - epoch) / DAY_MS);
const dateText = (day: number, epoch: number) => new Date(epoch + day * DAY_MS).toISOString().slice(0, 10);
const twoDigits = (value: number) => String(value).padStart(2, '0');

/** Time of day in units of 10^-scale seconds; midnight for a text without a time. */
function ticksOf(text: string, scale: number): bigint {
  const match = /(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?/.exec(text);
  if (!match) return 0n;
  const [, hours, minutes, seconds = '0', fraction = ''] = match;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return BigInt(whole) * 10n ** BigInt(scale) + BigInt(fraction.padEnd(scale, '0').slice(0, scale) || '0');
}

function clockText(ticks: bigint, scale: number): string {
  const unit = 10n ** BigInt(scale);
  const seconds = Number(ticks / unit);
  const fraction = scale ? `.${String(ticks % unit).padStart(scale, '0')}` : '';
  const hours = Math.floor(seconds / 3600);
  return `${twoDigits(hours)}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}${fraction}`;
}

function offsetMinutes(text: string): number {
  const match = /([+-])(\d\d):(\d\d)$/.exec(text);
  if (!match) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** Moves a day and a time of day by minutes, carrying over midnight. */
function shift(day: number, ticks: bigint, minutes: number, scale: number): [number, bigint] {
  const unit = 10n ** BigInt(scale);
  const perDay = DAY_SECONDS * unit;
  const moved = ticks + BigInt(minutes) * 60n * unit;
  if (moved < 0n) return [day - 1, moved + perDay];
  return moved >= perDay ? [day + 1, moved - perDay] : [day, moved];
}

/** The bytes of a date or time given as `YYYY-MM-DD hh:mm:ss.fffffff +hh:mm` or the part of it the type keeps. */
export function encodeDateTime(type: SqlType, text: string): Buffer {
  const scale = scaleOf(type);
  switch (type.name) {
    case 'time':
      return littleEndian(ticksOf(text, scale), timeWidth(scale));
    case 'date':
      return littleEndian(BigInt(dayNumber(text, YEAR_1)), 3);
    case 'datetime': // three hundredths of a second
      return Buffer.concat([int32(dayNumber(text, YEAR_1900)), int32(Number((ticksOf(text, 3) * 3n + 5n) / 10n))]);
    case 'smalldatetime':
      return Buffer.concat([uint16(dayNumber(text, YEAR_1900)), uint16(Number(ticksOf(text, 0) / 60n))]);
  }
  const offset = type.name === 'datetimeoffset' ? offsetMinutes(text) : 0;
  const [day, ticks] = shift(dayNumber(text, YEAR_1), ticksOf(text, scale), -offset, scale);
  const parts = [littleEndian(ticks, timeWidth(scale)), littleEndian(BigInt(day), 3)];
  return Buffer.concat(type.name === 'datetimeoffset' ? [...parts, uint16(offset)] : parts);
}

/** The inverse of {@link encodeDateTime}. */
export function decodeDateTime(type: SqlType, bytes: Buffer): string {
  switch (type.name) {
    case 'date':
      return dateText(bytes.readUIntLE(0, 3), YEAR_1);
    case 'datetime': {
      const milliseconds = (BigInt(bytes.readUInt32LE(4)) * 10n + 1n) / 3n;
      return `${dateText(bytes.readInt32LE(), YEAR_1900)} ${clockText(milliseconds, 3)}`;
    }
    case 'smalldatetime':
      return `${dateText(bytes.readUInt16LE(), YEAR_1900)} ${clockText(BigInt(bytes.readUInt16LE(2) * 60), 0)}`;
  }
  const scale = scaleOf(type);
  const width = timeWidth(scale);
  const utcTicks = fromLittleEndian(bytes.subarray(0, width));
  if (type.name === 'time') return clockText(utcTicks, scale);
  const offset = type.name === 'datetimeoffset' ? bytes.readInt16LE(width + 3) : 0;
  const [day, ticks] = shift(bytes.readUIntLE(width, 3), utcTicks, offset, scale);
  const text = `${dateText(day, YEAR_1)} ${clockText(ticks, scale)}`;
  if (type.name !== 'datetimeoffset') return text;
  const minutes = Math.abs(offset);
  return `${text} ${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}
