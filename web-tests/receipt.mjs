// Has receipt.js judge receipts that package exchange has judged, and compares: what is proved must be proved with the same words,
// what is not must be refused at some step. Prints what differs; the exit status is 1 then.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [script, cases] = process.argv.slice(2);
const { verify, able } = await import(pathToFileURL(script));
const { files, cases: all } = JSON.parse(await readFile(cases, 'utf8'));
const bytes = files.map(f => new Uint8Array(Buffer.from(f, 'base64')));
const wrong = [];

if (!await able()) wrong.push('this program has no Ed25519: nothing can be compared');
for (const c of all) {
  const given = [c.receipt, ...c.cards].map(i => bytes[i]);
  if (c.flip) {
    const [file, at, bit] = c.flip;
    given[file] = given[file].slice();
    given[file][at] ^= 1 << bit;
  }
  const result = await verify(given[0], given.slice(1)).catch(e => ({ failed: e.stack }));
  if (result.failed) wrong.push(`${c.name}: ${result.failed}`);
  else if (JSON.stringify(result.proven) !== JSON.stringify(c.want)) wrong.push(`${c.name}: ${JSON.stringify(result)}, not ${JSON.stringify(c.want)}`);
  else if (!c.want && !result.steps.at(-1).why) wrong.push(`${c.name}: refused without a reason`);
}
for (const w of wrong.slice(0, 20)) console.error(w);
if (wrong.length) console.error(`${wrong.length} of ${all.length} differ`);
else console.log(`${all.length} cases`);
process.exit(wrong.length ? 1 : 0);
