// `npm run bench -- report`: runs the main measurements one after another, and writes a page with their plots.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { parseArgs } from 'node:util';
import { findChromium } from './find-browsers.mjs';
import { root } from './prepare.mjs';

const help = `Runs the main measurements (about five minutes on an idle machine), and writes a page with plots.

Usage: npm run bench -- report [--out bench.html] [--only NAME]...

  --out FILE   where the page goes (default bench.html)
  --only NAME  only this one: click, memory, label-studio, cvat, widget; more than once

Examples:
  npm run bench -- report
  npm run bench -- report --only click --only widget --out small.html`;

/**
 * What is run, and what is drawn of its answer.
 *
 * @type {Record<string, { title: string, command: string[], needs?: () => string | null, plots: (result: any) => Plot[] }>}
 * @typedef {{ title: string, unit: string, bars: (readonly [label: string, value: number])[] }} Plot
 */
const measurements = {
  click: {
    title: 'A click in Node, 4000 x 3000 px',
    command: ['packages/core/dist/bin/clickmask.js', 'bench', '--json'],
    plots: ({ first, next }) => [
      { title: 'First click on an image', unit: 'ms', bars: stages(first) },
      { title: 'A click after it', unit: 'ms', bars: stages(next) },
    ],
  },
  memory: {
    title: 'Memory over many clicks',
    command: ['packages/core/bench/memory.mjs', '--clicks', '600', '--json'],
    plots: (result) => [{ title: 'Resident memory', unit: 'MB', bars: memoryBars(result) }],
  },
  'label-studio': {
    title: 'Label Studio backend, at the HTTP edge',
    command: ['packages/label-studio-backend/bench/load.mjs', '--json'],
    plots: ({ single, together, health }) => [
      {
        title: 'One annotator, one click',
        unit: 'ms',
        bars: [
          ['p50', single.p50],
          ['p95', single.p95],
        ],
      },
      {
        title: `${together.annotators} annotators at once, one click`,
        unit: 'ms',
        bars: [
          ['p50', together.p50],
          ['p95', together.p95],
          ['/health p95 meanwhile', health.p95],
        ],
      },
    ],
  },
  cvat: {
    title: 'CVAT function behind the local processor',
    command: ['packages/cvat-serverless/bench/function.mjs', '--clicks', '9', '--frames', '0', '--json'],
    plots: ({ clicks }) => [
      {
        title: 'First click, by reply form',
        unit: 'ms',
        bars: Object.entries(clicks).map(([name, { firstMs }]) => [name, firstMs]),
      },
      {
        title: 'Second click, by reply form',
        unit: 'ms',
        bars: Object.entries(clicks).map(([name, { secondMs }]) => [name, secondMs]),
      },
    ],
  },
  widget: {
    title: 'Widget in Chromium, on WASM',
    command: ['packages/browser-widget/bench/widget.mjs', '--clicks', '40', '--json'],
    needs: () => (findChromium() === null ? 'no Chromium was found' : null),
    plots: ({ clicks4000x3000, previewsPerSecond }) => [
      {
        title: 'From the click to the mask on the screen',
        unit: 'ms',
        bars: Object.entries([clicks4000x3000].flat()[0]).flatMap(([name, value]) =>
          typeof value?.p50 === 'number'
            ? [
                [`${words(name)}, p50`, value.p50],
                [`${words(name)}, p95`, value.p95],
              ]
            : [],
        ),
      },
      { title: 'Previews under a moving pointer', unit: 'a second', bars: [['previews', previewsPerSecond]] },
    ],
  },
};

/** @param {string[]} args */
export function report(args) {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: 'string', default: 'bench.html' },
      only: { type: 'string', multiple: true, default: Object.keys(measurements) },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return void console.log(help);
  const unknown = values.only.filter((name) => !(name in measurements));
  if (unknown.length > 0) {
    console.error(`There is no measurement '${unknown[0]}'. Names: ${Object.keys(measurements).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const load = loadavg()[0];
  if (load > 0.5)
    console.error(`The machine is busy (load ${load.toFixed(1)}): the figures will be worse than it can do.`);
  const sections = values.only.map((name, index) => {
    const { title, command, needs, plots } = measurements[name];
    const missing = needs?.() ?? null;
    if (missing !== null) return section(title, command, `<p>Left out: ${missing}.</p>`);
    console.error(`${index + 1}/${values.only.length} ${title} ...`);
    const output = execFileSync(process.execPath, command, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 26,
    });
    return section(title, command, plots(JSON.parse(output.toString())).map(plot).join('\n'));
  });
  writeFileSync(values.out, page(sections, load));
  console.log(values.out);
}

const stages = (timings) =>
  ['decode', 'encode', 'predict', 'postprocess', 'cocoRle', 'click']
    .filter((name) => (timings[name]?.median ?? 0) > 0)
    .map((name) => [name === 'click' ? 'all of it' : words(name), timings[name].median]);

const memoryBars = ({ min, median, max }) => Object.entries({ least: min, median, most: max });

/** Turns `finalMaskMs` into "final mask". */
const words = (name) => name.replace(/Ms$|Mb$/, '').replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
const escapeHtml = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const round = (value) => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

function section(title, command, body) {
  const shown = `node ${command.join(' ')}`;
  return `<section><h2>${escapeHtml(title)}</h2>\n${body}\n<p class="command">By <code>${escapeHtml(shown)}</code></p></section>`;
}

/** Bars to the right of their labels, on one scale. */
function plot({ title, unit, bars }) {
  const most = Math.max(...bars.map(([, value]) => value), 1e-9);
  const rows = bars.map(([label, value], index) => {
    const y = index * 28;
    const width = Math.max(1, (value / most) * 380);
    return `<text x="190" y="${y + 18}" text-anchor="end">${escapeHtml(label)}</text><rect x="200" y="${y + 4}" width="${width.toFixed(1)}" height="20" rx="3"/><text x="${(206 + width).toFixed(1)}" y="${y + 18}">${round(value)} ${unit}</text>`;
  });
  const spoken = bars.map(([label, value]) => `${label} ${round(value)} ${unit}`).join(', ');
  return `<h3>${escapeHtml(title)}</h3>\n<svg role="img" aria-label="${escapeHtml(`${title}: ${spoken}`)}" viewBox="0 0 700 ${bars.length * 28}">${rows.join('')}</svg>`;
}

function page(sections, load) {
  const [cpu] = cpus();
  const machine = `${cpu?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.versions.node}; load ${load.toFixed(1)} at the start`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Clickmask: what a click costs on this machine</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
  svg { width: 100%; height: auto; font-size: 14px }
  rect { fill: #1e74d6 } text { fill: currentColor }
  h3 { font-size: 1rem; margin: 1rem 0 .25rem } .command { font-size: .875rem; overflow-wrap: anywhere }
</style>
<main><h1>What a click costs on this machine</h1>
<p>${escapeHtml(machine)}. ${new Date().toISOString().slice(0, 10)}. Medians, if nothing else is said.</p>
${sections.join('\n')}
</main></html>
`;
}
