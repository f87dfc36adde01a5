import type { Implementation, Parameters } from './expression-parameters.ts';

/** A moment in 100-nanosecond units since 1970, and whether it is known to be UTC (written with a `Z`). */
interface Moment {
  readonly units: bigint;
  readonly utc: boolean;
}

const MILLISECOND = 10_000n;
// Units from 0001-01-01, where .NET starts to count, to 1970-01-01.
const DOTNET_EPOCH = 621_355_968_000_000_000n;
const MINUTES: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1_440, week: 10_080 };
const MONTHS: Readonly<Record<string, number>> = { month: 1, year: 12 };
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?)?(Z)?$/;
const INVARIANT = /^(\d\d)\/(\d\d)\/(\d{4})(?: (\d\d):(\d\d):(\d\d))?$/;
// Data Factory takes Windows names; Node knows only IANA names.
// https://learn.microsoft.com/windows-hardware/manufacture/desktop/default-time-zones
const ZONES: Readonly<Record<string, string>> = {
  UTC: 'UTC',
  'GMT Standard Time': 'Europe/London',
  'W. Europe Standard Time': 'Europe/Berlin',
  'Romance Standard Time': 'Europe/Paris',
  'Central Europe Standard Time': 'Europe/Budapest',
  'Eastern Standard Time': 'America/New_York',
  'Pacific Standard Time': 'America/Los_Angeles',
  'SA Western Standard Time': 'America/La_Paz',
};

function toDate({ units }: Moment): Date {
  return new Date(Number(units / MILLISECOND));
}

function shift(moment: Moment, milliseconds: number): Moment {
  return { ...moment, units: moment.units + BigInt(milliseconds) * MILLISECOND };
}

function read(p: Parameters, text: string): Moment {
  const iso = ISO.exec(text);
  const invariant = INVARIANT.exec(text);
  const parts = iso?.slice(1, 7) ?? (invariant ? [3, 1, 2, 4, 5, 6].map((group) => invariant[group]) : undefined);
  if (parts === undefined) throw p.fail(`'${text}' is not a date and time that the local Data Factory reads`);
  const [year = 0, month = 1, ...rest] = parts.map((part) => Number(part ?? 0));
  const units = BigInt(Date.UTC(year, month - 1, ...rest)) * MILLISECOND + BigInt((iso?.[7] ?? '').padEnd(7, '0'));
  return { units, utc: iso?.[8] === 'Z' };
}

function write(p: Parameters, moment: Moment, format = 'o'): string {
  const date = toDate(moment);
  const fraction = String(moment.units % 10_000_000n).padStart(7, '0');
  if (format === 'o') return `${date.toISOString().slice(0, 19)}.${fraction}${moment.utc ? 'Z' : ''}`;
  const named = (options: Intl.DateTimeFormatOptions) =>
    date.toLocaleDateString('en-US', { ...options, timeZone: 'UTC' });
  if (format === 'D') return named({ weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' });
  if (format.length === 1) throw p.fail(`the format '${format}' is not supported by the local Data Factory`);
  const hour = date.getUTCHours();
  const values: Readonly<Record<string, number>> = {
    M: date.getUTCMonth() + 1,
    d: date.getUTCDate(),
    H: hour,
    h: hour % 12 || 12,
    m: date.getUTCMinutes(),
    s: date.getUTCSeconds(),
  };
  const token = (found: string, literal?: string): string => {
    if (literal !== undefined) return literal;
    if (found === 'yyyy') return String(date.getUTCFullYear());
    if (found === 'yy') return String(date.getUTCFullYear()).slice(2);
    if (found === 'MMMM' || found === 'MMM') return named({ month: found === 'MMM' ? 'short' : 'long' });
    if (found === 'dddd' || found === 'ddd') return named({ weekday: found === 'ddd' ? 'short' : 'long' });
    if (found === 'tt') return hour < 12 ? 'AM' : 'PM';
    if (found.startsWith('f')) return fraction.slice(0, found.length);
    return String(values[found.charAt(0)]).padStart(found.length, '0');
  };
  return format.replaceAll(/'([^']*)'|yyyy|yy|MMMM|MMM|MM?|dddd|ddd|dd?|HH?|hh?|mm?|ss?|f{1,7}|tt/g, token);
}

function add(p: Parameters, moment: Moment, amount: number, unit: string): Moment {
  const name = unit.toLowerCase();
  if (name === 'second') return shift(moment, amount * 1_000);
  const minutes = MINUTES[name];
  if (minutes !== undefined) return shift(moment, amount * minutes * 60_000);
  const months = MONTHS[name];
  if (months === undefined) throw p.fail(`'${unit}' is not a unit of time`);
  const date = toDate(moment);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + amount * months, 1);
  const target = new Date(first);
  const lastDay = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), lastDay);
  return shift(moment, first + (day - 1) * 86_400_000 - startOf(date, 'day').getTime());
}

function startOf(date: Date, unit: 'hour' | 'day' | 'month'): Date {
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (unit === 'month') return new Date(Date.UTC(year, month, 1));
  return new Date(Date.UTC(year, month, date.getUTCDate(), unit === 'hour' ? date.getUTCHours() : 0));
}

function zone(p: Parameters, name: string): string {
  const found = ZONES[name];
  if (found === undefined) throw p.fail(`the time zone '${name}' is not supported by the local Data Factory`);
  return found;
}

/** Milliseconds by which the clocks in a zone are ahead of UTC at a moment. */
function offset(milliseconds: number, timeZone: string): number {
  const whole = Math.floor(milliseconds / 1_000) * 1_000;
  const local = new Date(whole).toLocaleString('sv-SE', { timeZone });
  return Date.parse(`${local.replace(' ', 'T')}Z`) - whole;
}

function toUtc(moment: Moment, timeZone: string): Moment {
  const local = toDate(moment).getTime();
  const guess = local - offset(local, timeZone);
  return { ...shift(moment, -offset(guess, timeZone)), utc: true };
}

function fromUtc(moment: Moment, timeZone: string): Moment {
  return { ...shift(moment, offset(toDate(moment).getTime(), timeZone)), utc: false };
}

function adding(unit: string): Implementation {
  return (p) => write(p, add(p, read(p, p.text(0)), p.number(1), unit), p.optionalText(2));
}

function starting(unit: 'hour' | 'day' | 'month'): Implementation {
  return (p) => {
    const moment = read(p, p.text(0));
    const units = BigInt(startOf(toDate(moment), unit).getTime()) * MILLISECOND;
    return write(p, { ...moment, units }, p.optionalText(1));
  };
}

/** The functions on dates and times. Times are text, as in the service. */
export const dateFunctions: Record<string, Implementation> = {
  utcNow: (p, ambient) => write(p, read(p, ambient.utcNow()), p.optionalText(0)),
  getFutureTime: (p, ambient) => write(p, add(p, read(p, ambient.utcNow()), p.number(0), p.text(1)), p.optionalText(2)),
  getPastTime: (p, ambient) => write(p, add(p, read(p, ambient.utcNow()), -p.number(0), p.text(1)), p.optionalText(2)),
  addSeconds: adding('second'),
  addMinutes: adding('minute'),
  addHours: adding('hour'),
  addDays: adding('day'),
  addToTime: (p) => write(p, add(p, read(p, p.text(0)), p.number(1), p.text(2)), p.optionalText(3)),
  subtractFromTime: (p) => write(p, add(p, read(p, p.text(0)), -p.number(1), p.text(2)), p.optionalText(3)),
  startOfHour: starting('hour'),
  startOfDay: starting('day'),
  startOfMonth: starting('month'),
  formatDateTime: (p) => write(p, read(p, p.text(0)), p.optionalText(1)),
  dayOfMonth: (p) => toDate(read(p, p.text(0))).getUTCDate(),
  dayOfWeek: (p) => toDate(read(p, p.text(0))).getUTCDay(),
  dayOfYear: (p) => {
    const date = toDate(read(p, p.text(0)));
    return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  },
  ticks: (p) => Number(read(p, p.text(0)).units + DOTNET_EPOCH),
  convertFromUtc: (p) => write(p, fromUtc(read(p, p.text(0)), zone(p, p.text(1))), p.optionalText(2)),
  convertToUtc: (p) => write(p, toUtc(read(p, p.text(0)), zone(p, p.text(1))), p.optionalText(2)),
  convertTimeZone: (p) => {
    const utc = toUtc(read(p, p.text(0)), zone(p, p.text(1)));
    return write(p, fromUtc(utc, zone(p, p.text(2))), p.optionalText(3));
  },
};
