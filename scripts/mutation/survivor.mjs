import { readFileSync } from 'node:fs';

const accepted = JSON.parse(readFileSync(new URL('accepted.json', import.meta.url), 'utf8'));

/** Whether a fault is one that was accepted, and how it reads. */
export function survivorOf(file, source, { status, location, mutatorName, replacement }) {
  const from = flat(cut(source, location));
  const to = flat(replacement ?? '');
  return {
    accepted: accepted.some((one) => one.file === file && flat(one.from) === from && flat(one.to) === to),
    text: `${file}:${location.start.line} ${status === 'NoCoverage' ? '(no test) ' : ''}${mutatorName}\n  - ${short(from)}\n  + ${short(to)}`,
  };
}

/** The text at a location. Lines and columns count from 1. */
function cut(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}

function flat(text) {
  return text.replace(/\s+/g, ' ').trim();
}

function short(text) {
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}
