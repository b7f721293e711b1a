// The overview that moves at once: a slider over the days, play, steps from event to event, and what changed between two days.
// States come from pulse.js and the facts of the node; without this script a form asks the server for another day.
const panel = document.getElementById('replay');
const words = JSON.parse(panel.dataset.words);
const { Pulse, dayOf, dayText } = await import(panel.dataset.module);
const facts = await (await fetch(panel.dataset.facts, { credentials: 'same-origin' })).json();
const pulse = new Pulse(facts);
const steps = Pulse.steps(facts);
const numbers = new Intl.NumberFormat(words.lang);
const plurals = new Intl.PluralRules(words.lang);
const still = matchMedia('(prefers-reduced-motion: reduce)');
const $ = id => document.getElementById(id);
const part = name => document.querySelector(`[data-replay="${name}"]`);
const silent = ['dormant', 'quiet', 'late', 'no evidence', 'lapsed'];

const chips = new Map([...$('chips').content.children].map(e => [e.dataset.state, e]));
const chip = state => chips.get(state).firstElementChild.cloneNode(true);
// Clauses stand in the order in which people count: U2 before U10.
const ranks = pulse.clauses.map((c, i) => ({ i, id: c.clause.id }))
  .sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : a.i - b.i)).map(r => r.i);
const ranked = list => ranks.map(i => list[i]);
const counted = (forms, n) => (forms[plurals.select(n)] ?? forms.other).replace('{n}', numbers.format(n));
const daysText = (n, about) => counted(about ? words.about : words.days, n);

function dateText(text) {
  const [y, m, d] = text.split('-');
  const pattern = words.date[d ? 'day' : m ? 'month' : 'year'];
  return pattern.replace('{y}', y).replace('{month}', m ? words.month[m - 1] : '').replace('{d}', Number(d));
}

// show changes a text only where it differs: writing the same costs a layout too.
function show(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function put(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// Every place that shows one clause, with what it shows.
const places = new Map();
for (const element of document.querySelectorAll('[data-clause]')) {
  const one = { element, state: element.querySelector('[data-replay="state"]'), days: element.querySelector('[data-replay="days"]'), last: element.querySelector('[data-replay="last"]'), shown: '' };
  const id = element.dataset.clause;
  places.set(id, [...places.get(id) ?? [], one]);
}

function showClause(s) {
  for (const place of places.get(s.key) ?? []) {
    if (place.shown !== s.state) {
      place.state.replaceChildren(chip(s.state));
      place.shown = s.state;
    }
    show(place.days, s.days === null ? '' : daysText(s.days, s.about));
    if (place.last && place.event !== s.last) {
      place.event = s.last;
      show(place.last, s.last?.what ?? '');
      if (s.last?.lang) place.last.lang = s.last.lang;
    }
  }
}

let order = '';
function showSilent(all) {
  const list = $('silent');
  if (!list) return;
  const sorted = [...all].sort((a, b) => (b.days ?? -1) - (a.days ?? -1));
  const key = sorted.map(s => s.key + silent.includes(s.state)).join();
  if (key === order) return;
  order = key;
  const items = new Map([...list.children].map(li => [li.dataset.clause, li]));
  let n = 0;
  for (const s of sorted) {
    const item = items.get(s.key);
    item.hidden = !silent.includes(s.state);
    if (!item.hidden) n++;
    list.append(item);
  }
  show(part('hushed'), numbers.format(n));
  show(part('silent_n'), counted(words.hushed, n));
  part('none_silent').hidden = n > 0;
}

let tally = '';
function showCounts(all) {
  const place = part('counts');
  const n = new Map();
  for (const s of all) n.set(s.state, (n.get(s.state) ?? 0) + 1);
  const key = JSON.stringify([...n].sort());
  if (!place || key === tally) return;
  tally = key;
  place.replaceChildren(...[...chips.keys()].filter(s => n.has(s)).flatMap(state => {
    const link = document.createElement('a');
    const b = document.createElement('b');
    link.className = 'count';
    link.dataset.state = state;
    b.textContent = numbers.format(n.get(state));
    link.append(chip(state), ' ', b);
    return [link, ' '];
  }));
}

const gapText = (gap, past, ongoing) => (gap.until ? past : ongoing).replace('{days}', daysText(gap.days, gap.about))
  .replace('{from}', dateText(gap.from)).replace('{until}', gap.until ? dateText(gap.until) : '');

function showSilence(at) {
  const place = part('silence'), gap = pulse.silence(at);
  place.hidden = !gap;
  if (gap) show(place, gapText(gap, words.silence.past, words.silence.ongoing));
}

// The time line: all events are drawn once, and those after the day are left out.
const drawing = document.querySelector('.thread');
const marks = [];
function drawMarks() {
  if (!drawing) return;
  const first = dayOf(drawing.dataset.first), length = dayOf(drawing.dataset.last) - first;
  const counting = new Set(pulse.clauses.flatMap(c => c.evidence.map(e => e.event)));
  drawing.querySelectorAll('.m').forEach(m => m.remove());
  const shape = (name, parent, attributes) => {
    const e = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    parent.append(e);
    return e;
  };
  for (const { day, events } of steps) {
    for (const event of events) {
      const row = drawing.querySelector(`svg[data-level="${CSS.escape(event.level)}"]`);
      if (!row) continue;
      const x = (100 * Math.max(0, day - first) / length).toFixed(2) + '%';
      let m;
      if (!counting.has(event)) m = shape('circle', row, { cx: x, cy: 13, r: 3.5, class: 'm context' });
      else if (event.by.length > 1) m = shape('circle', row, { cx: x, cy: 13, r: 5, class: 'm both' });
      else {
        m = shape('svg', row, { x, y: 8, overflow: 'visible', class: 'm one' });
        shape('path', m, { d: 'M-5 0h10v10h-10z', class: 'o' });
        shape('path', m, { d: 'M-5 0h5v10h-5z' });
      }
      marks.push({ day, level: event.level, element: m, shown: true });
    }
  }
}

// What lived below the long silences: bands behind the lines, and the same in words.
const rows = drawing ? [...drawing.querySelectorAll('svg[data-level]')] : [];
function showHush(at) {
  if (!drawing) return;
  const first = dayOf(drawing.dataset.first), length = dayOf(drawing.dataset.last) - first;
  const long = pulse.gaps(at).filter(g => g.long);
  const list = $('hushed');
  for (const row of rows) {
    const bands = [...row.querySelectorAll('.hush')];
    long.forEach((g, i) => {
      if (!bands[i]) {
        bands[i] = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
        bands[i].setAttribute('class', 'hush');
        bands[i].setAttribute('height', 26);
        row.insertBefore(bands[i], row.querySelector('.rail'));
      }
      put(bands[i], 'x', (100 * Math.max(0, g.begins - first) / length).toFixed(2) + '%');
      put(bands[i], 'width', (100 * (g.ends - g.begins) / length).toFixed(2) + '%');
    });
    bands.slice(long.length).forEach(b => b.remove());
  }
  const within = (level, g) => marks.filter(m => m.level === level && m.day > g.begins && m.day < g.ends).length;
  for (const place of drawing.querySelectorAll('[data-within]')) {
    show(place, long.length ? counted(words.within, long.reduce((n, g) => n + within(place.dataset.within, g), 0)) : '');
  }
  while (list.children.length > long.length) list.lastChild.remove();
  long.forEach((g, i) => {
    const item = list.children[i] ?? list.appendChild(document.createElement('li'));
    const levels = rows.map(r => r.dataset.level).filter(l => l !== 'head').map(l => [l, within(l, g)]).filter(([, n]) => n);
    const below = levels.length ? words.below[0] + ' ' + levels.map(([l, n]) => `${words.level[l] ?? l} ${numbers.format(n)}`).join(' ') : words.below[1];
    show(item, gapText(g, words.hush[0], words.hush[1]) + ' ' + below);
  });
}

const lines = drawing ? [...drawing.querySelectorAll('.now')] : [];
function showLine(at) {
  if (!drawing) return;
  const first = dayOf(drawing.dataset.first), x = (100 * (at - first) / (dayOf(drawing.dataset.last) - first)).toFixed(3) + '%';
  for (const l of lines) {
    l.setAttribute('x1', x);
    l.setAttribute('x2', x);
  }
  for (const m of marks) {
    const shown = m.day <= at;
    if (shown !== m.shown) {
      m.shown = shown;
      m.element.style.display = shown ? '' : 'none';
    }
  }
}

let since = dayOf(panel.dataset.since), before = ranked(pulse.on(since)), turned = '';
function showChanges(all) {
  const list = $('changed');
  if (!list) return;
  const changes = all.flatMap((s, i) => before[i].state === s.state ? [] : [[s.key, before[i].state, s.state]]);
  const key = JSON.stringify(changes);
  if (key === turned) return;
  turned = key;
  list.replaceChildren(...changes.map(([key, then, now]) => {
    const from = $('silent').querySelector(`[data-clause="${CSS.escape(key)}"]`);
    const li = document.createElement('li'), turn = document.createElement('span');
    turn.className = 'turn';
    turn.append(chip(then), ' → ', chip(now));
    li.append(from.querySelector('span.id').cloneNode(true), ' ', turn, ' ', from.querySelector('.said').cloneNode(true));
    return li;
  }));
  part('unchanged').hidden = changes.length > 0;
}

// said is what stands under the slider: the last thing that had begun on the day.
function said(at) {
  let found = null;
  for (const step of steps) {
    if (step.day > at) break;
    found = step;
  }
  return found;
}

let staged;
function showStage(at) {
  const step = said(at);
  if (step === staged) return;
  staged = step;
  const stage = $('stage');
  if (!step) return show(stage, words.none);
  stage.replaceChildren();
  for (const e of step.events.slice(0, 3)) {
    const line = document.createElement('span'), date = document.createElement('b'), what = document.createElement('span');
    date.textContent = dateText(e.start);
    what.textContent = e.what || words.kind[e.kind] || e.kind;
    if (e.what && e.lang) what.lang = e.lang;
    line.append(date, ' ', what, e.clause ? ` (${e.clause})` : '');
    stage.append(line);
  }
}

const dial = $('dial'), today = dayOf(panel.dataset.today);
let day = dayOf(panel.dataset.day), drawn = null, resting = 0;
dial.min = Math.min(dayOf('1988-01-01'), steps[0]?.day ?? today);
dial.max = Math.max(today, day);

function draw() {
  if (drawn === day) return;
  drawn = day;
  const all = ranked(pulse.on(day)), text = dateText(dayText(day));
  dial.value = day;
  dial.setAttribute('aria-valuetext', text);
  show($('now-day'), text);
  show(part('title'), words.title.replace('{day}', text));
  all.forEach(showClause);
  showCounts(all);
  showSilent(all);
  showSilence(day);
  showLine(day);
  showHush(day);
  showChanges(all);
  showStage(day);
  clearTimeout(resting);
  resting = setTimeout(rest, 400);
}

// rest keeps the day in the address, the links and the forms, and tells it to those who do not see.
function rest() {
  const at = dayText(day);
  const dated = href => {
    const u = new URL(href, location.href);
    u.searchParams.set('as_of', at);
    return u;
  };
  history.replaceState(null, '', dated(location.href));
  for (const a of document.querySelectorAll('main a[href^="/clauses"], .langs a, .views a')) a.setAttribute('href', dated(a.href).pathname + dated(a.href).search);
  const list = document.querySelector('main a[href^="/clauses?"]');
  for (const a of part('counts')?.children ?? []) {
    const u = new URL(list.href);
    u.searchParams.set('state', a.dataset.state ? a.dataset.state.replaceAll(/[ -]/g, '_') : u.searchParams.get('state') ?? '');
    if (a.dataset.state) a.setAttribute('href', u.pathname + u.search);
  }
  $('as_of').value = at;
  if ($('until_day')) $('until_day').value = at;
  show($('rest'), words.title.replace('{day}', dateText(at)) + ' ' + $('stage').textContent);
  $('jump').value = String(staged?.day ?? '');
}

let asked = false;
function go(to) {
  day = Math.min(Math.max(Math.round(to), Number(dial.min)), Number(dial.max));
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
}

const next = () => steps.find(s => s.day > day)?.day ?? Number(dial.max);
const previous = () => steps.findLast(s => s.day < day)?.day ?? Number(dial.min);

// A year passes in a second; who wants no motion is led from event to event instead.
let playing = 0, started = null;
function play(now) {
  if (!playing) return;
  if (still.matches) {
    go(next());
    playing = setTimeout(play, 2000);
  } else {
    if (started) go(started.day + (now - started.at) * 0.365);
    started ??= { day, at: now };
    playing = requestAnimationFrame(play);
  }
  if (day >= Number(dial.max)) stop();
}
function stop() {
  if (still.matches) clearTimeout(playing);
  else cancelAnimationFrame(playing);
  playing = 0;
  show($('play'), words.play[0]);
  $('play').setAttribute('aria-pressed', 'false');
}
function start() {
  if (day >= Number(dial.max)) go(Number(dial.min)), draw();
  started = null;
  playing = 1;
  show($('play'), words.play[1]);
  $('play').setAttribute('aria-pressed', 'true');
  playing = still.matches ? setTimeout(play, 0) : requestAnimationFrame(play);
}

$('play').setAttribute('aria-pressed', 'false');
$('play').addEventListener('click', () => playing ? stop() : start());
dial.addEventListener('input', () => { stop(); go(Number(dial.value)); });
$('back').addEventListener('click', () => { stop(); go(previous()); });
$('on').addEventListener('click', () => { stop(); go(next()); });
$('today').addEventListener('click', () => { stop(); go(today); });
$('jump').addEventListener('change', () => { stop(); if ($('jump').value) go(Number($('jump').value)); });
$('since')?.addEventListener('change', () => {
  if (!$('since').value) return;
  since = dayOf($('since').value);
  before = ranked(pulse.on(since));
  showChanges(ranked(pulse.on(day)));
});

$('jump').append(new Option('', ''), ...steps.map(s => {
  const e = s.events[0];
  return new Option(`${e.start} ${(e.what || words.kind[e.kind] || e.kind).slice(0, 60)}`, s.day);
}));
drawMarks();
panel.hidden = false;
draw();
document.documentElement.dataset.replay = 'ready';
