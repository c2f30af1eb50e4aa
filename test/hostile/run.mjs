// Hostile inputs for every surface that takes something from strangers: nothing may crash, hang, grow, reach an inner
// address, give a token away, or change what belongs to others.
// Usage: npm run hostile -- [SURFACE ...] [--inputs 10000] [--seed 1] [--short]
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import fc from 'fast-check';

const folder = new URL('surfaces/', import.meta.url);
const known = readdirSync(folder)
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => name.slice(0, -4));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(`Usage: npm run hostile -- [SURFACE ...] [options]

Options:
  --inputs N   inputs for each surface (default 10000)
  --seed N     the same seed gives the same inputs (default 1)
  --short      300 inputs, as in CI

Surfaces: ${known.join(', ')} (default: all)

A surface is a module in test/hostile/surfaces: see the head of run.mjs for what it exports.`);
  process.exit(0);
}
const unknown = positionals.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`There is no surface '${unknown}'. Surfaces: ${known.join(', ')}`);
  process.exit(2);
}

/**
 * A surface's module exports `start()`, which resolves to
 *
 * - `handMade`: inputs to begin with; `arbitrary`: of fast-check, for the rest
 * - `send(input)`: gives it in, and resolves to `{ code, wrong }`: what was answered, in a word, and what is not as it should
 *   be, if anything
 * - `parallel`: how many at a time
 * - `warm()`, where it has caches: ordinary work that fills them, and resolves to what it was, in words
 * - `memoryMb()`: of the process under attack
 * - `harm()`: resolves to counts by name of what must never happen, such as `{ 'inner addresses': 0 }`
 * - `click()`, where it serves clicks: one honest click, that fails unless it is answered rightly
 * - `stall()`, where it reads bodies: begins to send many bodies slowly, and returns what ends that
 * - `stop()`: ends it, and resolves to its exit code
 */
const total = Number(values.inputs ?? (values.short ? 300 : 10_000));
const seed = Number(values.seed);
// CI's machine has other work too.
const longest = values.short ? 30_000 : 5000;
let failed = false;
for (const name of positionals.length > 0 ? positionals : known) {
  const { start } = await import(new URL(`${name}.mjs`, folder));
  const surface = await start({ seed });
  if (surface === null) console.log(`${name}: skipped, for want of what it needs`);
  else if (!(await attack(name, surface))) failed = true;
}
process.exitCode = failed ? 1 : 0;

async function attack(name, surface) {
  const began = performance.now();
  const outcomes = new Map();
  let wrong = 0;
  let hangs = 0;
  let slowest = 0;
  let sent = 0;
  let before = 0;
  const tenth = Math.ceil(total / 10);
  const course = [];
  const queue = [
    ...fc.sample(surface.arbitrary, { numRuns: Math.max(0, total - surface.handMade.length), seed }),
    ...surface.handMade.slice(0, total).toReversed(),
  ];
  // Caches have limits of their own, which ordinary work reaches too. What comes after that is the attack's.
  const work = values.short ? undefined : await surface.warm?.();
  const calm = surface.click === undefined ? null : await clickTimes(surface);
  if (work !== undefined) before = await surface.memoryMb();
  const one = async () => {
    for (let input = queue.pop(); input !== undefined; input = queue.pop()) {
      const started = performance.now();
      const answer = await send(surface, input);
      const ms = performance.now() - started;
      slowest = Math.max(slowest, ms);
      if (ms > longest) hangs++;
      outcomes.set(answer.code, (outcomes.get(answer.code) ?? 0) + 1);
      if (answer.wrong !== undefined && ++wrong <= 10) console.error(`  ${name}: ${answer.wrong}`);
      if (++sent === 2 * tenth && work === undefined) before = await surface.memoryMb();
      if (sent % tenth === 0) course.push((await surface.memoryMb()).toFixed(0));
    }
  };
  await Promise.all(Array.from({ length: surface.parallel ?? 4 }, one));
  const seconds = (performance.now() - began) / 1000;
  let slow = null;
  if (surface.stall !== undefined) {
    const end = await surface.stall();
    slow = await clickTimes(surface);
    await end();
  }
  const isAlive =
    surface.click === undefined ||
    (await surface.click().then(
      () => true,
      () => false,
    ));
  // Like with like: what is more than before after the same work is what the inputs left behind.
  const peak = await surface.memoryMb();
  if (work !== undefined) await surface.warm();
  const after = await surface.memoryMb();
  const harm = await surface.harm();
  const code = await surface.stop();
  const grown = before === 0 ? 1 : after / before;
  const harmed = Object.values(harm).some((count) => count > 0);
  const good = wrong === 0 && hangs === 0 && !harmed && isAlive && code === 0 && (total < 5000 || grown <= 1.2);

  console.log(`\n${name}: ${sent} inputs in ${seconds.toFixed(0)} s, seed ${seed}: ${good ? 'held' : 'FAILED'}`);
  for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${String(count).padStart(7)}  ${outcome}`);
  }
  const again = work === undefined ? 'at the end' : `after the same work again, ${peak.toFixed(0)} MB before that`;
  const memory = `${before.toFixed(0)} MB after ${work ?? `${2 * tenth} inputs`}, ${after.toFixed(0)} MB ${again} (${grown.toFixed(2)} x)`;
  console.log(`  resident memory in MB after each tenth: ${course.join(' ')}`);
  console.log(`  slowest ${slowest.toFixed(0)} ms; over ${longest / 1000} s: ${hangs}; resident memory ${memory}`);
  const counts = Object.entries(harm).map(([what, count]) => `${what}: ${count}`);
  console.log(`  unclear answers: ${wrong}; ${counts.join('; ')}; still answers: ${isAlive}; exit code ${code}`);
  if (slow !== null && calm !== null) {
    const ratio = slow.p95 / calm.p95;
    console.log(
      `  a click under slow bodies: p95 ${slow.p95.toFixed(0)} ms, without ${calm.p95.toFixed(0)} ms (${ratio.toFixed(2)} x)`,
    );
  }
  return good;
}

/** A kept connection may have closed just then. If the input ends the server, it does so again. */
async function send(surface, input) {
  const again = (error) => {
    if (error.cause?.code === 'UND_ERR_SOCKET' || error.cause?.code === 'ECONNRESET') return surface.send(input);
    throw error;
  };
  return surface
    .send(input)
    .catch(again)
    .catch((error) => ({ code: 'no answer', wrong: String(error.cause ?? error) }));
}

async function clickTimes(surface) {
  const times = [];
  for (let i = 0; i < 5; i++) await surface.click();
  for (let i = 0; i < 40; i++) {
    const started = performance.now();
    await surface.click();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { p95: times[Math.floor(times.length * 0.95)] };
}
