// Derives standings with the page's own script, without a browser: reads {"script", "worlds": [{"facts", "days"}]} from
// standard input and writes one line for each clause on each day, and some for
// the silences of the heads. A Go test compares them with internal/pulse.
import { readFileSync } from 'node:fs';

const { script, worlds } = JSON.parse(readFileSync(0, 'utf8'));
const source = readFileSync(script);
const { Pulse, dayOf, dayText } = await import(`data:text/javascript;base64,${source.toString('base64')}`);
let out = [];
for (const { facts, days } of worlds) {
  const pulse = new Pulse(facts);
  for (const day of days) {
    for (const s of pulse.on(dayOf(day))) {
      out.push([day, s.id, s.state, s.days ?? '-', s.last?.id ?? '-', s.about, s.due === null ? '-' : dayText(s.due)].join('|'));
    }
    const silence = pulse.silence(dayOf(day));
    for (const g of silence ? [silence, ...pulse.gaps(dayOf(day)).filter(g => g.long)] : []) {
      out.push([day, 'heads', g.days, g.from, g.until ?? '-', g.about].join('|'));
    }
    if (out.length > 20000) flush();
  }
}
flush();

function flush() {
  if (out.length) process.stdout.write(out.join('\n') + '\n');
  out = [];
}
