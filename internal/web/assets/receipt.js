// Checks a receipt against the cards of the two cities, in the browser and with nothing else: no request is made, no clock is
// asked. It is the same check as `accord verify --card A --card B RECEIPT`; docs/protocol.md says what each line means. The first
// half is pure and runs anywhere with WebCrypto; the second shows on a page what it did.

const encoder = new TextEncoder();
const maxReceipt = 4 << 10, maxCheckpoint = 1 << 10, maxHeader = 300, maxCard = 16 << 10, maxBody = 4 << 20;

/** A Refusal is why something is not proved: the key of the words for it, and what they name. */
export class Refusal extends Error {
  constructor(key, args = {}) {
    super(key);
    this.key = key;
    this.args = args;
  }
}

const refuse = (key, args) => { throw new Refusal(key, args); };

// Bytes and text. Text that is not UTF-8, or base64 that is not in its one form, is refused.

function text(bytes, key) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(key);
  }
}

function base64(s, key) {
  let raw;
  try {
    raw = Uint8Array.from(atob(s), c => c.charCodeAt(0));
  } catch {
    refuse(key);
  }
  if (s === '' || btoa(String.fromCharCode(...raw)) !== s) refuse(key);
  return raw;
}

function join(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', join(...parts)));
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
const hex = b => [...b].map(x => x.toString(16).padStart(2, '0')).join('');

async function ed25519(key, message, signature) {
  const public_ = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', public_, signature, message);
}

/** able says whether this browser can check at all: WebCrypto with Ed25519, which needs https or this machine itself. */
export async function able() {
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32).fill(0x66, 1).fill(0x58, 0, 1), 'Ed25519', false, ['verify']);
    return true;
  } catch {
    return false;
  }
}

// Names and times.

const partyForm = /^[a-z][a-z0-9-]{0,31}$/;
const idForm = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;
const unitForm = /^[a-z0-9][a-z0-9./-]{0,47}$/;
const hashForm = /^[0-9a-f]{64}$/;
const numberForm = /^(0|[1-9][0-9]{0,18})$/;
const largest = (1n << 63n) - 1n;

/** seconds reads a time as it is written in cards and headers; NaN for every other form. */
function seconds(s) {
  if (typeof s !== 'string' || !/^[2-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(s)) return NaN;
  const ms = Date.parse(s);
  return Number.isNaN(ms) || new Date(ms).toISOString().replace('.000Z', 'Z') !== s ? NaN : ms / 1000;
}

function whole(s, key) {
  const n = numberForm.test(s) ? BigInt(s) : refuse(key);
  return n > largest ? refuse(key) : n;
}

/** plain says whether s is a short printable text that JSON writers agree on. */
function plain(s, limit) {
  return typeof s === 'string' && s !== '' && encoder.encode(s).length <= limit && !/[\p{Cc}\p{Cs}\u2028\u2029\ufffd]/u.test(s);
}

// Signed notes: a text, an empty line, and exactly the signature lines that are asked for.

/** note takes a note apart into its text and its signature lines. */
function note(bytes, key) {
  const s = text(bytes, key);
  const at = s.lastIndexOf('\n\n');
  if (at < 0 || /[\u0000-\u0009\u000b-\u001f]/.test(s) || !s.endsWith('\n')) refuse(key);
  const lines = s.slice(at + 2, -1).split('\n').map(line => {
    const parts = line.split(' ');
    if (parts.length !== 3 || parts[0] !== '—') refuse(key);
    const raw = base64(parts[2], key);
    return raw.length < 5 ? refuse(key) : { name: parts[1], hash: hex(raw.slice(0, 4)), signature: raw.slice(4) };
  });
  return { text: s.slice(0, at + 1), lines };
}

const plainKey = 1, cosigningKey = 4; // types of key in notes

const keyHash = async (name, type, key) => hex((await sha256(encoder.encode(`${name}\n`), Uint8Array.of(type), key)).slice(0, 4));

/** signs says whether a line is the signature of a text by the key under a name. */
async function signs(line, name, type, key, message) {
  return line.name === name && line.hash === await keyHash(name, type, key) && ed25519(key, message, line.signature);
}

// Cards.

const members = ['accord', 'party', 'serial', 'previous', 'valid_from', 'names', 'languages', 'identity', 'log', 'mirror', 'sealing', 'tls', 'endpoints'];

/** readCard reads the text of a card's file. Its own signature must hold; the one by the card before it is checked in chain. */
async function readCard(file) {
  const bad = 'check.why_card';
  if (file.length > maxCard) refuse('check.why_large');
  const { text: written, lines } = note(file, bad);
  let c;
  try {
    c = JSON.parse(written);
  } catch {
    refuse(bad);
  }
  if (!wellFormed(c) || `${JSON.stringify(inOrder(c), null, 1)}\n` !== written) refuse(bad);
  const keys = ['identity', 'log', 'mirror'].map(k => base64(c[k], bad));
  if (keys.some(k => k.length !== 32) || same(keys[0], keys[1]) || same(keys[0], keys[2]) || same(keys[1], keys[2])) refuse(bad);
  const [identity, log, mirror] = keys;
  const card = { ...c, revokes: c.revokes === true, from: seconds(c.valid_from), keys: { identity, log, mirror }, lines,
    message: encoder.encode(written), hash: hex(await sha256(encoder.encode(written))), fingerprint: await fingerprint(identity) };
  await checkOwn(card);
  return card;
}

async function checkOwn(card) {
  const own = card.lines[card.lines.length - 1];
  const other = card.lines.length === 2 && card.serial > 1 ? card.lines[0] : null;
  if (card.lines.length > (card.serial > 1 ? 2 : 1)) refuse('check.why_card');
  if (other && (other.name !== card.party || other.signature.length !== 64 || other.hash === await keyHash(card.party, plainKey, card.keys.identity))) refuse('check.why_card');
  if (!await signs(own, card.party, plainKey, card.keys.identity, card.message)) refuse('check.why_card_signature', { party: card.party });
}

/** inOrder is the card with its members in their order, so that writing it again shows whether it was in its one form. */
function inOrder(c) {
  const out = {};
  for (const m of members) out[m] = m === 'names' ? c.names.map(n => ({ lang: n.lang, text: n.text })) : c[m];
  if (c.revokes === true) out.revokes = true;
  return out;
}

function wellFormed(c) {
  const list = (v, least, most, each) => Array.isArray(v) && v.length >= least && v.length <= most && v.every(each);
  return c !== null && typeof c === 'object' && c.accord === 'card/1' && typeof c.party === 'string' && partyForm.test(c.party)
    && Number.isSafeInteger(c.serial) && c.serial >= 1 && (c.serial === 1 ? c.previous === '' && c.revokes !== true : hashForm.test(c.previous))
    && !Number.isNaN(seconds(c.valid_from))
    && list(c.names, 1, 20, n => n !== null && typeof n === 'object' && plain(n.lang, 16) && plain(n.text, 200))
    && list(c.languages, 1, 20, l => plain(l, 16))
    && list(c.endpoints, 0, 8, e => plain(e, 200) && /^https:\/\/[^/?#]/.test(e))
    && ['identity', 'log', 'mirror'].every(k => typeof c[k] === 'string') && typeof c.tls === 'string' && hashForm.test(c.tls)
    && typeof c.sealing === 'string' && /^age1[02-9ac-hj-np-z]{58}$/.test(c.sealing);
}

/** fingerprint is what two offices read to each other: eight groups of four from the hash of the identity key. */
async function fingerprint(identity) {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  let bits = 0n;
  for (const b of (await sha256(identity)).slice(0, 20)) bits = bits << 8n | BigInt(b);
  let out = '';
  for (let i = 31n; i >= 0n; i--) out += letters[Number(bits >> (5n * i) & 31n)];
  return out.match(/.{4}/g).join(' ');
}

/** chains sorts cards by city. Of two cards of one city the later must follow the earlier, and nothing may be missing between. */
async function chains(cards) {
  const out = new Map();
  for (const c of cards) out.set(c.party, [...out.get(c.party) ?? [], c]);
  for (const chain of out.values()) {
    chain.sort((a, b) => a.serial - b.serial);
    for (let i = 1; i < chain.length; i++) await follows(chain[i], chain[i - 1]);
  }
  return out;
}

async function follows(card, before) {
  const bad = () => refuse('check.why_chain', { party: card.party, serial: card.serial });
  const kept = ['log', 'mirror'].some(k => same(card.keys[k], before.keys[k])) || card.sealing === before.sealing || card.tls === before.tls;
  if (card.serial !== before.serial + 1 || card.previous !== before.hash || card.from <= before.from || card.revokes && kept) bad();
  const changed = !same(card.keys.identity, before.keys.identity);
  if (card.lines.length !== (changed ? 2 : 1)) bad();
  if (changed && !await signs(card.lines[0], card.party, plainKey, before.keys.identity, card.message)) bad();
}

/** at is the card in force at a time: the last one that was valid by then. */
function at(chain, time) {
  return chain.findLast(c => c.from <= time) ?? refuse('check.why_no_card', { party: chain[0].party });
}

// The receipt.

function readReceipt(bytes) {
  const bad = 'check.why_form';
  if (bytes.length > maxReceipt) refuse('check.why_large');
  const s = text(bytes, bad);
  const end = s.indexOf('\n\n');
  const lines = s.slice(0, end).split('\n');
  if (end < 0 || lines.length < 3 || lines[0] !== 'c2sp.org/tlog-proof@v1' || !lines[1].startsWith('extra ') || !lines[2].startsWith('index ')) refuse(bad);
  const path = lines.slice(3).map(l => base64(l, bad));
  if (path.some(h => h.length !== 32)) refuse(bad);
  return { header: base64(lines[1].slice(6), bad), index: whole(lines[2].slice(6), bad), path, checkpoint: encoder.encode(s.slice(end + 2)) };
}

const headerForm = /^\{"id":"([0-9a-f]{32})","kind":"([A-Za-z0-9-]*)","instrument":"([A-Za-z0-9-]*)","clause":"([A-Za-z0-9-]*)","unit":"([a-z0-9./-]*)","time":"([0-9TZ:-]*)","size":([0-9]+),"hash":"([A-Za-z0-9+/=]*)"\}$/;

function readHeader(bytes) {
  const bad = 'check.why_header';
  if (bytes.length > maxHeader) refuse(bad);
  const m = headerForm.exec(text(bytes, bad)) ?? refuse(bad);
  const [, id, kind, instrument, clause, unit, time, size, hash] = m;
  const card = kind === 'card';
  const fits = idForm.test(kind) && kind.length <= 16 && (card ? instrument + clause + unit === '' : idForm.test(instrument))
    && (clause === '' || idForm.test(clause) && clause.length <= 16) && (unit === '' || unitForm.test(unit))
    && !Number.isNaN(seconds(time)) && whole(size, bad) <= BigInt(maxBody) && base64(hash, bad).length === 32;
  return fits ? { id, kind, instrument, clause, unit, time, size: Number(size), hash } : refuse(bad);
}

function splitOrigin(origin) {
  const bad = 'check.why_form';
  const m = /^([a-z0-9-]+)\/link\/([a-z0-9-]+)\.([a-z0-9-]+)$/.exec(origin) ?? refuse(bad);
  const [, writer, first, second] = m;
  if (!partyForm.test(first) || !partyForm.test(second) || first >= second || writer !== first && writer !== second) refuse(bad);
  return { writer, mirror: writer === first ? second : first };
}

/** readCheckpoint takes a cosigned checkpoint apart; its signatures are checked later. */
function readCheckpoint(bytes) {
  const bad = 'check.why_form';
  if (bytes.length > maxCheckpoint) refuse('check.why_large');
  const { text: written, lines } = note(bytes, bad);
  const parts = written.split('\n');
  if (parts.length !== 4 || lines.length !== 2) refuse(bad);
  const root = base64(parts[2], bad);
  const [own, mirrors] = lines;
  if (root.length !== 32 || mirrors.signature.length !== 72) refuse(bad);
  const time = BigInt.asIntN(64, BigInt(`0x${hex(mirrors.signature.slice(0, 8))}`));
  return { ...splitOrigin(parts[0]), origin: parts[0], size: whole(parts[1], bad), root, written, own, mirrors, time };
}

async function cosigned(c, card) {
  const unsigned = BigInt.asUintN(64, c.time);
  const message = encoder.encode(`cosignature/v1\ntime ${unsigned}\n${c.written}`);
  return signs({ ...c.mirrors, signature: c.mirrors.signature.slice(8) }, `${card.party}/mirror`, cosigningKey, card.keys.mirror, message);
}

/** signer is the writer's card whose log key has signed: any that was valid by the time of the cosignature and not revoked by then. */
async function signer(c, chain, time) {
  at(chain, time);
  for (let i = chain.length - 1; i >= 0; i--) {
    const next = chain[i + 1];
    if (chain[i].from > time || next?.revokes && next.from <= time) continue;
    if (await signs(c.own, c.origin, plainKey, chain[i].keys.log, encoder.encode(c.written))) return chain[i];
  }
  return null;
}

/** rootFrom is the root to which a path leads from the leaf n of the entries lo to hi (RFC 6962); null when the path is no such. */
async function rootFrom(path, lo, hi, n, leaf) {
  if (lo + 1n === hi) return path.length === 0 ? leaf : null;
  if (path.length === 0) return null;
  let half = 1n;
  while (half * 2n < hi - lo) half *= 2n;
  const rest = path.slice(0, -1), beside = path[path.length - 1];
  const left = n < lo + half;
  const below = left ? await rootFrom(rest, lo, lo + half, n, leaf) : await rootFrom(rest, lo + half, hi, n, leaf);
  if (below === null) return null;
  return left ? sha256(Uint8Array.of(1), below, beside) : sha256(Uint8Array.of(1), beside, below);
}

/** written is a time as it is written everywhere, to the year 9999; after that, its seconds since 1970. */
const written = time => time >= -62167219200n && time <= 253402300799n ? new Date(Number(time) * 1000).toISOString().replace('.000Z', 'Z') : String(time);

/**
 * verify checks a receipt with the files of cards and says step by step what it did. Each step has a name and what it found; the
 * last one of a receipt that proves nothing has a refusal. The cards are vouched for by whoever names them.
 */
export async function verify(receipt, files) {
  const steps = [];
  const done = (name, args) => steps.push({ name, ok: true, args });
  let now = 'form';
  try {
    const r = readReceipt(receipt);
    const c = readCheckpoint(r.checkpoint);
    done(now, { writer: c.writer, mirror: c.mirror, index: String(r.index), hashes: String(r.path.length) });
    now = 'header';
    const h = readHeader(r.header);
    if (h.unit !== '' && !h.unit.startsWith(`${c.writer}/`)) refuse('check.why_office');
    done(now, { kind: h.kind, instrument: h.instrument, clause: h.clause, unit: h.unit, time: h.time, size: String(h.size) });
    now = 'cards';
    const cities = await chains(await Promise.all(files.map(readCard)));
    for (const party of [c.writer, c.mirror]) {
      if (!cities.has(party)) refuse('check.why_card_missing', { party });
    }
    const time = Number(c.time);
    const mirror = at(cities.get(c.mirror), time);
    done(now, { writer: c.writer, mirror: c.mirror, n: String(files.length) });
    now = 'cosignature';
    if (!await cosigned(c, mirror)) refuse('check.why_cosignature', { party: c.mirror });
    done(now, { mirror: c.mirror, size: String(c.size), time: written(c.time), fingerprint: mirror.fingerprint });
    now = 'signature';
    const writer = await signer(c, cities.get(c.writer), time) ?? refuse('check.why_signature', { party: c.writer });
    done(now, { writer: c.writer, size: String(c.size), fingerprint: writer.fingerprint });
    now = 'inclusion';
    if (r.index >= c.size) refuse('check.why_index');
    const root = await rootFrom(r.path, 0n, c.size, r.index, await sha256(Uint8Array.of(0), r.header));
    if (root === null || !same(root, c.root)) refuse('check.why_root');
    done(now, { index: String(r.index), size: String(c.size), hashes: String(r.path.length) });
    const inForce = cities.get(c.writer).findLast(k => k.from <= seconds(h.time)); // on the entry's own date
    return { ok: true, steps, proven: { writer: c.writer, mirror: c.mirror, index: Number(r.index), size: Number(c.size), kind: h.kind, clause: h.clause, unit: h.unit,
      left: h.time, delivered: written(c.time), writer_fingerprint: inForce?.fingerprint ?? '', mirror_fingerprint: mirror.fingerprint } };
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    steps.push({ name: now, ok: false, args: e.args, why: e.key });
    return { ok: false, steps, proven: null };
  }
}

// The page.

const looksLikeReceipt = bytes => new TextDecoder().decode(bytes.slice(0, 18)) === 'c2sp.org/tlog-proo';

if (typeof document !== 'undefined') {
  for (const at of document.querySelectorAll('[data-check]')) begin(at);
}

async function begin(box) {
  const part = name => box.querySelector(`[data-${name}]`);
  const words = new Map([...box.querySelectorAll('[data-words] dt')].map(dt => [dt.textContent, dt.nextElementSibling.textContent]));
  const say = (key, args = {}) => (words.get(key) ?? key).replace(/\{([a-z_]+)\}/g, (hole, name) => args[name] ?? hole);
  const show = (receipt, cards) => verify(receipt, cards).then(r => shown(part('steps'), part('verdict'), say, r));
  part('without').hidden = true;
  if (!await able()) {
    part('unable').hidden = false;
    return;
  }
  part('with').hidden = false;
  const button = part('run');
  if (button) {
    const bytes = e => encoder.encode(e.textContent);
    button.addEventListener('click', () => show(bytes(part('receipt')), [...box.querySelectorAll('[data-card]')].map(bytes)));
  }
  const input = part('files');
  if (input) chooses(box, part, input, say, show);
}

/** chooses takes files that are chosen or dropped; they are read here and go nowhere. */
function chooses(box, part, input, say, show) {
  const take = async list => {
    const files = await Promise.all([...list].slice(0, 40).map(async f => ({ name: f.name, bytes: f.size > maxCard ? null : new Uint8Array(await f.arrayBuffer()) })));
    const receipts = files.filter(f => f.bytes && looksLikeReceipt(f.bytes));
    const cards = files.filter(f => f.bytes && !looksLikeReceipt(f.bytes));
    const taken = part('taken');
    taken.replaceChildren(...files.map(f => line('li', say(f.bytes === null ? 'check.taken_large' : receipts.includes(f) ? 'check.taken_receipt' : 'check.taken_card', { name: f.name }))));
    part('steps').replaceChildren();
    if (receipts.length !== 1 || cards.length < 2) {
      verdict(part('verdict'), false, say('check.need'));
      return;
    }
    await show(receipts[0].bytes, cards.map(f => f.bytes));
  };
  input.addEventListener('change', () => take(input.files));
  box.addEventListener('dragover', e => e.preventDefault());
  box.addEventListener('drop', e => {
    e.preventDefault();
    take(e.dataTransfer.files);
  });
}

function line(tag, words, name = '') {
  const e = document.createElement(tag);
  e.textContent = words;
  if (name) e.className = name;
  return e;
}

function verdict(at, ok, words) {
  at.hidden = false;
  at.className = ok ? 'verdict good' : 'verdict wrong';
  at.textContent = words;
}

/** shown writes what each step did, and what it proves, or why it does not. */
function shown(list, at, say, result) {
  list.replaceChildren(...result.steps.map(s => {
    const item = document.createElement('li');
    item.className = s.ok ? 'good' : 'wrong';
    item.append(line('b', say(`check.did_${s.name}`)), line('p', s.ok ? say(`check.proves_${s.name}`, s.args) : say(s.why, s.args)));
    return item;
  }));
  const p = result.proven;
  verdict(at, result.ok, result.ok ? say('check.proved', p) : say('check.not_proved'));
  at.focus({ preventScroll: true });
}
