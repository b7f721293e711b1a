// The state of every clause on a day, from the facts that the node serves: the same rules as internal/pulse, which a test
// compares on every day. It knows no page and no clock. A day is a whole number, as a day of the calendar counted from 1970.

/** The number of a day written as 2015-02-03. */
export function dayOf(text) {
  const [y, m, d] = text.split('-').map(Number);
  return Date.UTC(y, m - 1, d) / 86400000;
}

/** A day written as 2015-02-03. */
export function dayText(day) {
  return new Date(day * 86400000).toISOString().slice(0, 10);
}

// dateOf reads 2015, 2015-02 or 2015-02-03: its first and its last possible day. Nothing is no date.
function dateOf(text) {
  if (!text) return null;
  const [y, m, d] = text.split('-').map(Number);
  const first = Date.UTC(y, (m ?? 1) - 1, d ?? 1) / 86400000;
  if (d) return { first, last: first, exact: true };
  return { first, last: Date.UTC(m ? y : y + 1, m ?? 0, 1) / 86400000 - 1, exact: false };
}

// addMonths is the same day of the month n months later, or that month's last day where it has no such day.
function addMonths(day, n) {
  const at = new Date(day * 86400000);
  const y = at.getUTCFullYear(), m = at.getUTCMonth() + n;
  const last = new Date(Date.UTC(y, m + 1, 0)).getUTCDate();
  return Date.UTC(y, m, Math.min(at.getUTCDate(), last)) / 86400000;
}

// intervalOf reads P2Y, P6M or P30D; null for what has no interval.
function intervalOf(text) {
  const found = /^P([1-9][0-9]{0,2})([YMD])$/.exec(text);
  if (!found) return null;
  const n = Number(found[1]);
  return found[2] === 'D' ? { days: n, months: 0 } : { days: 0, months: found[2] === 'Y' ? 12 * n : n };
}

// times is the day num/den intervals after another; what remains of a month is that part of its days, rounded down.
function times(every, day, num, den) {
  if (every.days) return day + Math.floor(every.days * num / den);
  const whole = Math.floor(every.months * num / den), rest = every.months * num % den;
  const at = addMonths(day, whole);
  return rest ? at + Math.floor((addMonths(day, whole + 1) - at) * rest / den) : at;
}

// inWindow says whether an event of a clause that is owed once begins within its time for certain.
function inWindow(clause, start) {
  const since = dateOf(clause.since);
  return (!since || start.first >= since.first) && start.last <= (clause.window ? dayOf(clause.window) : -Infinity);
}

// counts says whether an event counts for a clause once it has begun.
function counts(clause, event, start) {
  if (event.judged === false) return false;
  if (clause.cadence === 'once' && !inWindow(clause, start)) return false;
  if (event.judged === true) return true;
  return !event.rule && clause.kinds.includes(event.kind) && clause.act !== 'proposed';
}

// weigh is an event with all that does not depend on the day asked for.
function weigh(clause, event, start, every) {
  const end = dateOf(event.until) ?? start;
  const told = !event.claimant || event.word === 'confirmed';
  const acted = clause.parties.map(p => event.by.includes(p) && (told || event.claimant === p));
  return {
    event, start, end, acted, denied: event.word === 'disputed',
    both: acted.every(Boolean) || event.word === 'confirmed',
    due: every ? times(every, end.last, 1, 1) : 0,
  };
}

/** What a page asks: the standing of clauses on a day. Everything that can be prepared is prepared here, once. */
export class Pulse {
  constructor(facts) {
    this.clauses = facts.clauses.map(clause => {
      const every = intervalOf(clause.cadence);
      const evidence = [];
      for (const event of facts.events) {
        if (event.clause !== clause.id || event.instrument && event.instrument !== clause.instrument) continue;
        const start = dateOf(event.start);
        if (counts(clause, event, start)) evidence.push(weigh(clause, event, start, every));
      }
      return { clause, every, evidence, since: dateOf(clause.since), window: clause.window ? dayOf(clause.window) : -Infinity,
        whole: acts(facts.actions, clause.instrument, ''), part: acts(facts.actions, clause.instrument, clause.id) };
    });
  }

  /** The standing of every clause on a day, in the order of the facts: state, days, last event, about and due day. */
  on(day) {
    return this.clauses.map(c => standing(c, day));
  }

  /** The stretches between two pieces of evidence that only heads can give, the last one up to a day. */
  gaps(day) {
    const visits = this.clauses.filter(c => c.clause.level === 'head').flatMap(c => [...c.evidence].sort((a, b) => b.end.last - a.end.last))
      .filter(e => e.start.first <= day).sort((a, b) => a.start.first - b.start.first);
    return visits.map((e, i) => {
      const next = visits[i + 1], until = next ? next.start.first : day;
      return {
        days: until - e.end.last, from: e.event.until || e.event.start, until: next?.event.start ?? null, begins: e.end.last, ends: until,
        about: !e.end.exact || Boolean(next) && !next.start.exact, long: e.due > 0 && until > e.due,
      };
    });
  }

  /** The longest of the gaps; null when there is none to tell. */
  silence(day) {
    return this.gaps(day).filter(g => g.days > 0).reduce((most, g) => most && most.days > g.days ? most : g, null);
  }

  /** The days on which something begins, each with its events, from the first to the last. */
  static steps(facts) {
    const by = new Map();
    for (const event of facts.events) {
      const day = dateOf(event.start).first;
      if (!by.has(day)) by.set(day, []);
      by.get(day).push(event);
    }
    return [...by].sort((a, b) => a[0] - b[0]).map(([day, events]) => ({ day, events }));
  }
}

// acts are the actions on a text as a whole, or on one clause alone, by their first possible day.
function acts(actions, instrument, clause) {
  return actions.filter(a => a.instrument === instrument && (a.clause ?? '') === clause)
    .map(a => ({ action: a.action, day: dateOf(a.date).first })).sort((a, b) => a.day - b.day);
}

// governed is what actions up to a day leave in force: nothing, suspended or ended.
function governed(list, day) {
  let state = '';
  for (const { action, day: from } of list) {
    if (from > day) break;
    if (action === 'ended' || action === 'superseded') state = 'ended';
    else if (action === 'suspended' && state !== 'ended') state = 'suspended';
    else if (action === 'resumed' && state === 'suspended') state = '';
    else if (action === 'renewed') state = '';
  }
  return state;
}

function governing(c, day) {
  const whole = governed(c.whole, day);
  return whole === 'ended' ? whole : governed(c.part, day) || whole;
}

// youngest is the evidence from which days count, with the day from which its age runs: its end, never after the day asked for.
function youngest(evidence, day) {
  let best = null;
  for (const e of evidence) {
    if (e.start.first > day) continue;
    const running = e.end.last > day;
    const end = running ? day : e.end.last;
    const about = !e.end.exact || running && e.start.last > day;
    if (!best || younger(end, about, e, best)) best = { end, about, e };
  }
  return best;
}

// younger orders by the later end; then what is certain first, then what began later, then by id.
function younger(end, about, e, best) {
  if (end !== best.end) return end > best.end;
  if (about !== best.about) return !about;
  if (e.start.first !== best.e.start.first) return e.start.first > best.e.start.first;
  return e.event.id < best.e.event.id;
}

// satisfied says whether the evidence within comes from whom the clause asks; what is disputed satisfies nobody.
function satisfied(c, within) {
  const stands = within.filter(e => !e.denied);
  switch (c.clause.sides) {
    case 'each_way': return c.clause.parties.every((_, i) => stands.some(e => e.acted[i]));
    case 'any': return stands.length > 0;
    default: return stands.some(e => e.both);
  }
}

function standing(c, day) {
  const last = youngest(c.evidence, day);
  const s = { id: c.clause.id, key: `${c.clause.instrument}/${c.clause.id}`, state: '', days: null, last: null, about: false, due: null };
  if (last) {
    s.days = day - last.end;
    s.last = last.e.event;
    s.about = last.about;
    if (c.every) s.due = times(c.every, last.end, 1, 1);
  }
  s.state = state(c, day, last, s.due);
  return s;
}

// state is the first that holds, in the order of the table in internal/pulse.
function state(c, day, last, due) {
  const act = governing(c, day);
  if (act) return act;
  const once = c.clause.cadence === 'once';
  const evidence = c.evidence.filter(e => e.start.first <= day);
  if (once && satisfied(c, evidence)) return 'fulfilled';
  if (once && day > c.window) return 'lapsed';
  if (c.since && day < c.since.first) return 'not yet';
  if (!last) return c.clause.act === 'proposed' ? 'proposed only' : 'no evidence';
  if (once || c.every && day <= due) {
    const within = c.every ? evidence.filter(e => e.end.last >= day || day <= e.due) : evidence;
    if (!satisfied(c, within)) return within.every(e => e.denied) ? 'disputed' : 'one-sided';
  }
  if (!c.every) return 'as needed';
  if (day <= due) return 'alive';
  if (day <= times(c.every, last.end, 5, 4)) return 'late';
  return day < times(c.every, last.end, 2, 1) ? 'quiet' : 'dormant';
}
